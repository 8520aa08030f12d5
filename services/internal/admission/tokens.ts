import type { Uploader } from '../auth/uploader.ts';
import type { Limits } from '../limit/limit.ts';
import type { Allowances } from './allowance.ts';

/** Makes the taking of upload tokens: a bucket for each uploader, filled by its role's allowance. */
export function takeTokens(limits: Limits, allowances: Allowances) {
  const take = limits.bucket('upload-tokens');
  return async ({ uploaderId, role }: Uploader, photos: number): Promise<void> => {
    const { tokens, refillPerMinute } = allowances(role);
    if (Number.isFinite(tokens)) await take(uploaderId, photos, { tokens, perMinute: refillPerMinute });
  };
}
