import type { Allowances } from '#internal/admission/allowance.ts';
import type { Uploader } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { UploadStore } from '#internal/uploads/store.ts';

/** Lets an upload run while fewer others of its uploader do than it may, over all replicas. */
export type Running = (uploader: Uploader, photoId: string) => Promise<void>;

/** Makes the check by the leases that are held; throws too_many_uploads (429). */
export function runningOf(uploads: UploadStore, allowances: Allowances): Running {
  return async ({ uploaderId, role }, photoId) => {
    const most = allowances(role).atOnce;
    if (!Number.isFinite(most) || (await uploads.runningBeside(uploaderId, photoId)) < most) return;
    throw new Fault('exhausted', `At most ${most} uploads run at once.`, { code: 'too_many_uploads', retryAfter: 2 });
  };
}
