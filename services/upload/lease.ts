import { randomUUID } from 'node:crypto';
import type { Uploader } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Logger } from '#internal/log/log.ts';
import { contextOf, pause } from '#internal/process/context.ts';
import type { UploadStore } from '#internal/uploads/store.ts';
import type { Upload } from '#internal/uploads/upload.ts';

const renewEveryMs = 3_000;
const askEveryMs = 200;
const patienceMs = 15_000;

/** Is the right to write one upload. `upload` is its latest committed state; `lost` tells that the right has passed on. */
export interface Lease {
  upload: Upload;
  readonly lost: AbortSignal;
}

/** Is asked to end soon, because somebody else waits for the upload. */
export type ReleaseRequest = () => void;

/** Names an upload in tus's URLs and locks: `<event_id>/<photo_id>`. */
export type UploadId = string;

interface Held extends Lease {
  timer: NodeJS.Timeout;
  requested: ReleaseRequest;
}

/** Keeps this process's leases: rows in PostgreSQL for 10 s, renewed every 3 s, that any replica respects. */
export function createLeases(uploads: UploadStore, log: Logger) {
  const holder = randomUUID();
  const held = new Map<UploadId, Held>();

  function hold(id: UploadId, upload: Upload, requested: ReleaseRequest): Lease {
    const ended = new AbortController();
    const timer = setInterval(() => void renew(id, ended), renewEveryMs);
    const lease: Held = { upload, lost: ended.signal, timer, requested };
    held.set(id, lease);
    return lease;
  }

  async function renew(id: UploadId, ended: AbortController): Promise<void> {
    const lease = held.get(id);
    if (lease === undefined) return;
    try {
      const renewed = await uploads.renew(lease.upload);
      // Whatever waits on the signal throws its reason: a client is told to wait, not that we failed.
      if (!renewed.held) ended.abort(lockedFault());
      if (renewed.wanted) lease.requested();
    } catch (err) {
      log.warn({ err, photo_id: lease.upload.photoId }, 'lease not renewed');
    }
  }

  return {
    holder,
    /** Finds the lease that this process holds. Throws when there is none: a write without it is a bug. */
    of(id: UploadId): Lease {
      const lease = held.get(id);
      if (lease === undefined) throw new Fault('internal', `no lease for ${id}`);
      return lease;
    },
    hold,
    /**
     * Waits for the lease up to 15 s and asks its holder to end; a writer's counts among the uploader's running ones.
     * Throws missing, `upload_locked` (423), or `too_many_uploads` (429).
     */
    async acquire(id: UploadId, signal: AbortSignal, requested: ReleaseRequest, writer?: Uploader): Promise<Lease> {
      const [eventId = '', photoId = ''] = id.split('/');
      const ctx = contextOf(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
      while (!ctx.cancelled) {
        // Also a lease that has run out here may still be in use here: two requests must not share one.
        if (held.has(id)) {
          held.get(id)?.requested();
          await pause(ctx, askEveryMs);
          continue;
        }
        const acquired = await uploads.acquire(eventId, photoId, holder, writer);
        if (acquired === undefined) throw new Fault('missing', 'There is no such upload.', { code: 'upload_missing' });
        if ('upload' in acquired) return hold(id, acquired.upload, requested);
        await pause(ctx, askEveryMs);
      }
      throw lockedFault();
    },
    async release(id: UploadId): Promise<void> {
      const lease = held.get(id);
      if (lease === undefined) return;
      clearInterval(lease.timer);
      held.delete(id);
      await uploads.release(lease.upload).catch((err) => log.warn({ err }, 'lease not released: it will run out'));
    },
  };
}
export type Leases = ReturnType<typeof createLeases>;

/** Makes the fault of an upload that another request is writing. */
export function lockedFault(): Fault {
  return new Fault('conflict', 'Another request is writing this upload.', {
    code: 'upload_locked',
    status: 423,
    retryAfter: 1,
  });
}
