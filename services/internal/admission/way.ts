import { createHash } from 'node:crypto';
import { wholeNumber } from '../env/types.ts';

/** Lists the setting by which presigned uploads are rolled out, and taken back at once. */
export const waySettings = {
  UPLOAD_PRESIGNED_PERCENT: wholeNumber('share of uploaders whose files go straight to the bucket, in percent', {
    default: 0,
    min: 0,
    max: 100,
  }),
};

/** Makes the choice of an uploader's way: the same one each time, and a larger share keeps who had it before. */
export function wayBy(percent: number): (uploader: { uploaderId: string }) => 'tus' | 'presigned' {
  return ({ uploaderId }) => {
    const bucket = createHash('sha256').update(uploaderId).digest().readUInt32BE(0) % 100;
    return bucket < percent ? 'presigned' : 'tus';
  };
}
