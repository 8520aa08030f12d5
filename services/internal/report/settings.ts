import * as z from 'zod';

/** Lists the setting of error reports. */
export const reportSettings = {
  SENTRY_DSN: z
    .url()
    .optional()
    .describe(
      'address (DSN) that takes reports of errors as Sentry does; without it none are sent; or SENTRY_DSN_FILE',
    ),
};
