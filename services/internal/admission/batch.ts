import { wholeNumber } from '../env/types.ts';

/** Lists the bounds of a batch form. */
export const batchSettings = {
  UPLOAD_BATCH_FILES: wholeNumber('files that one batch form may bring', { default: 100, min: 1, max: 10_000 }),
  UPLOAD_BATCH_SECONDS: wholeNumber('how long one batch form may take', { default: 90, min: 5, max: 3_600 }),
};

// The last file is stored and the rest of the form is read.
const answerSeconds = 15;

/** Says how many seconds may pass from a batch form's first byte to the end of its answer. */
export function longestForm(batchSeconds: number): number {
  return batchSeconds + answerSeconds;
}
