import type { Uploader } from '../auth/uploader.ts';
import { Fault } from '../fault/fault.ts';

/** Decides whether new uploads may begin now; what runs goes on. */
export interface Admission {
  /** Takes one token a photo. Throws exhausted (429) with the seconds to wait, or unavailable (503) while we are in trouble. */
  admit(uploader: Uploader, photos: number): Promise<void>;
}

/** Is what admission goes by: tokens of the uploader, and what is in trouble now, in words for the log. */
export interface AdmissionDeps {
  take: (uploader: Uploader, photos: number) => Promise<void>;
  trouble: () => string | undefined;
}

/** Makes an admission. */
export function createAdmission({ take, trouble }: AdmissionDeps): Admission {
  return {
    async admit(uploader, photos) {
      const reason = trouble();
      if (reason !== undefined) {
        throw new Fault('unavailable', 'Kilat is catching up: new uploads wait a moment.', {
          retryAfter: 10,
          cause: new Error(reason),
        });
      }
      await take(uploader, photos);
    },
  };
}
