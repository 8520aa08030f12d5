import * as z from 'zod';
import { parseHeaders } from './headers.ts';

/** Lists the settings of traces; their names are OpenTelemetry's own. */
export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe('URL of an OpenTelemetry collector that takes OTLP over HTTP; without it nothing is traced'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => parseHeaders(text) !== undefined, {
      error: 'is not name=value pairs with commas, percent-encoded',
    })
    .optional()
    .describe('headers for it, as name=value with commas; or OTEL_EXPORTER_OTLP_HEADERS_FILE'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('share of photos that are traced, 0 to 1, whatever callers ask for'),
};
