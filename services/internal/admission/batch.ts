import { wholeNumber } from '../env/types.ts';

/** Lists the bounds of a batch form. */
export const batchSettings = {
  UPLOAD_BATCH_FILES: wholeNumber('files that one batch form may bring', { default: 100, min: 1, max: 10_000 }),
  UPLOAD_BATCH_SECONDS: wholeNumber('how long one batch form may take', { default: 90, min: 5, max: 3_600 }),
};
