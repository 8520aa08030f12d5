import * as z from 'zod';
import { list } from '../env/types.ts';

/** Lists the settings of who may do what. */
export const authSettings = {
  KILAT_SECRET: z
    .string()
    .min(32)
    .describe('secret of at least 32 characters that links and media URLs are derived from; or KILAT_SECRET_FILE'),
  ALLOWED_ORIGINS: list('origins, with commas, whose pages may write; the address of the install'),
};

/** Lists the setting that says whose forwarding headers are believed. */
export const proxySettings = {
  TRUST_PROXY: list('proxies, as addresses or CIDR ranges with commas, whose X-Forwarded headers are believed'),
};
