import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DataStore, type Lock, type Locker, Upload as TusUpload } from '@tus/server';
import type { Access } from '#internal/auth/access.ts';
import { uploaderOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { takeChecked } from './checksum.ts';
import { type FinishDeps, finish, isOurs, recover, refuse, startOver } from './finish.ts';
import { type Lease, type Leases, lockedFault } from './lease.ts';
import { describesPhoto, wrongMetadata } from './metadata.ts';
import { type ReceiverDeps, receive } from './receive.ts';
import { currentRequest } from './request.ts';
import { discard, goneFault, keyOf } from './send.ts';

/** Is what the store needs. */
export type StoreDeps = FinishDeps & ReceiverDeps & { leases: Leases; access: Access };

/** Keeps tus uploads: bytes in S3, state in PostgreSQL, success only after the photo's commit. */
export class PhotoDataStore extends DataStore {
  readonly #deps: StoreDeps;
  readonly #requested = new Map<string, () => void>();

  constructor(deps: StoreDeps) {
    super();
    this.#deps = deps;
    this.extensions = ['creation', 'creation-with-upload', 'expiration', 'termination', 'checksum', 'checksum-trailer'];
  }

  /** Locks by lease; a POST's upload is new, and its lease is made with it. */
  locker(): Locker {
    return { newLock: (id) => this.#lockOf(id) };
  }

  override async create(file: TusUpload): Promise<TusUpload> {
    const { principal, contentLength } = currentRequest();
    const { metadata = {} } = file;
    if (!describesPhoto(metadata)) throw wrongMetadata();
    const [eventId = '', photoId = ''] = file.id.split('/');
    const uploader = uploaderOf(principal, await this.#deps.access.check(principal, 'photo.upload', eventId));
    const photo = { photoId, length: file.size ?? 0, metadata };
    const { holder } = this.#deps.leases;
    const running = contentLength === undefined || contentLength > 0;
    await this.#deps.uploads.announce({ eventId, uploader, way: 'tus', photos: [photo], holder, running });
    const upload = await this.#deps.uploads.find(eventId, photoId);
    if (upload === undefined) throw new Fault('internal', 'the upload has no row');
    this.#deps.leases.hold(file.id, upload, this.#requested.get(file.id) ?? (() => {}));
    this.#deps.log.info({ photo_id: photoId, event_id: eventId, size: upload.length }, 'photo announced');
    tellExpiry(upload);
    return file;
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const lease = this.#deps.leases.of(id);
    if (currentRequest().method === 'HEAD') lease.upload = (await recover(this.#deps, lease.upload)) ?? lease.upload;
    checkStanding(lease.upload);
    tellExpiry(lease.upload);
    return asTus(id, lease.upload);
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const lease = this.#deps.leases.of(id);
    try {
      await this.#take(stream, lease, offset);
      if (lease.upload.received === lease.upload.length) lease.upload = await finish(this.#deps, lease.upload);
    } catch (error) {
      await this.#end(lease.upload, error);
      throw error;
    }
    const { eventId, photoId, state, received } = lease.upload;
    const moved = state === 'open' ? await this.#deps.uploads.find(eventId, photoId) : undefined;
    tellExpiry(moved ?? lease.upload);
    return received;
  }

  async #take(stream: Readable, lease: Lease, offset: number): Promise<void> {
    const { checked, contentLength } = currentRequest();
    if (checked === undefined)
      return receive(this.#deps, lease, stream, contentLength === undefined ? undefined : offset + contentLength);
    const { photoId, generation } = lease.upload;
    await using body = await takeChecked(stream, checked, join(this.#deps.spoolDir, `${photoId}-sum-${generation}`));
    await receive(this.#deps, lease, body.read(), offset + body.size);
  }

  override async remove(id: string): Promise<void> {
    const { upload } = this.#deps.leases.of(id);
    if (upload.state === 'finished')
      throw new Fault('conflict', 'A stored photo is not an upload any more.', { code: 'upload_finished' });
    checkStanding(upload);
    await this.#discard(upload);
  }

  /** Ends an open upload, whose objects go; what is not removed now is in the sweeper's records. */
  async #discard(upload: Upload): Promise<void> {
    if (!(await this.#deps.uploads.settle(upload, 'ended', 'upload_ended'))) throw lockedFault();
    try {
      await discard(this.#deps.objects, upload);
      await this.#deps.objects.remove([keyOf(upload)]);
    } catch (err) {
      this.#deps.log.warn({ err, photo_id: upload.photoId }, 'ended upload not discarded');
    }
  }

  /** Ends an upload that no retry can help. */
  async #end(upload: Upload, error: unknown): Promise<void> {
    if (upload.state !== 'open') return;
    const code = error instanceof Fault ? error.code : undefined;
    if (error instanceof Fault && code === 'not_a_photo') return refuse(this.#deps, upload, error);
    if (code === 'upload_gone') return void (await startOver(this.#deps, upload));
    // Its client never learns the address of an upload that was not created well.
    if (currentRequest().method !== 'POST') return;
    await this.#discard(upload);
    if (isOurs(error)) this.#deps.onEnded?.('failed');
  }

  #lockOf(id: string): Lock {
    return {
      lock: async (signal, cancel) => {
        const request = currentRequest();
        const requested = () => {
          request.cutShort = true;
          void cancel();
        };
        if (request.method === 'POST') this.#requested.set(id, requested);
        else await this.#deps.leases.acquire(id, signal, requested, request.writer);
      },
      unlock: async () => {
        this.#requested.delete(id);
        await this.#deps.leases.release(id);
      },
    };
  }
}

function asTus(id: string, upload: Upload): TusUpload {
  return new TusUpload({ id, size: upload.length, offset: upload.received, metadata: upload.metadata });
}

/** Lets an upload pass that may go on, or is stored. Throws why it may not. */
function checkStanding(upload: Upload): void {
  if (upload.state === 'refused')
    throw new Fault('invalid', 'This file is not a photo.', { code: 'not_a_photo', status: 415 });
  if (upload.state === 'gone') throw goneFault();
  if (upload.state === 'ended')
    throw new Fault('missing', 'The upload was ended.', { code: 'upload_ended', status: 410 });
  const over = upload.state === 'open' && upload.expiresAt.getTime() <= Date.now();
  if (upload.state === 'expired' || over)
    throw new Fault('missing', 'The upload has expired: send the file again.', { code: 'upload_expired', status: 410 });
}

function tellExpiry(upload: Upload): void {
  if (upload.state === 'open') currentRequest().header('upload-expires', upload.expiresAt.toUTCString());
  else currentRequest().header('upload-expires', undefined);
}
