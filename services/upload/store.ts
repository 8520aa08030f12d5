import type { Readable } from 'node:stream';
import { UploadMetadata } from '@kilat/contract';
import { DataStore, type Lock, type Locker, Upload as TusUpload } from '@tus/server';
import type { Access } from '#internal/auth/access.ts';
import { uploaderOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { type FinishDeps, finish, recover, refuse, startOver } from './finish.ts';
import type { Leases } from './lease.ts';
import { type ReceiverDeps, receive } from './receive.ts';
import { currentRequest } from './request.ts';
import { discard, goneFault } from './send.ts';

/** Is what the store needs. */
export type StoreDeps = FinishDeps & ReceiverDeps & { leases: Leases; access: Access };

/** Keeps tus uploads: bytes in S3, state in PostgreSQL, success only after the photo's commit. */
export class PhotoDataStore extends DataStore {
  readonly #deps: StoreDeps;
  readonly #requested = new Map<string, () => void>();

  constructor(deps: StoreDeps) {
    super();
    this.#deps = deps;
    this.extensions = ['creation', 'creation-with-upload', 'termination'];
  }

  /** Locks by lease; a POST's upload is new, and its lease is made with it. */
  locker(): Locker {
    return { newLock: (id) => this.#lockOf(id) };
  }

  override async create(file: TusUpload): Promise<TusUpload> {
    const { principal } = currentRequest();
    const [eventId = '', photoId = ''] = file.id.split('/');
    const uploader = uploaderOf(principal, await this.#deps.access.check(principal, 'photo.upload', eventId));
    const photo = { photoId, length: file.size ?? 0, metadata: UploadMetadata.parse(file.metadata) };
    const { holder } = this.#deps.leases;
    await this.#deps.uploads.announce({ eventId, uploader, way: 'tus', photos: [photo], holder });
    const upload = await this.#deps.uploads.find(eventId, photoId);
    if (upload === undefined) throw new Fault('internal', 'the upload has no row');
    this.#deps.leases.hold(file.id, upload, this.#requested.get(file.id) ?? (() => {}));
    this.#deps.log.info({ photo_id: photoId, event_id: eventId, size: upload.length }, 'photo announced');
    return file;
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const lease = this.#deps.leases.of(id);
    if (currentRequest().method === 'HEAD') lease.upload = (await recover(this.#deps, lease.upload)) ?? lease.upload;
    const { upload } = lease;
    if (upload.state === 'refused')
      throw new Fault('invalid', 'This file is not a photo.', { code: 'not_a_photo', status: 415 });
    if (upload.state === 'gone') throw goneFault();
    return asTus(id, upload);
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const lease = this.#deps.leases.of(id);
    const { contentLength } = currentRequest();
    try {
      await receive(this.#deps, lease, stream, contentLength === undefined ? undefined : offset + contentLength);
      if (lease.upload.received === lease.upload.length) lease.upload = await finish(this.#deps, lease.upload);
    } catch (error) {
      await this.#end(lease.upload, error);
      throw error;
    }
    return lease.upload.received;
  }

  override async remove(id: string): Promise<void> {
    const { upload } = this.#deps.leases.of(id);
    if (upload.state === 'finished') throw new Fault('conflict', 'A stored photo is not an upload any more.');
    await this.#deps.uploads.settle(upload, 'ended', 'upload_missing');
    await discard(this.#deps.objects, upload);
  }

  /** Ends an upload that no retry can help. */
  async #end(upload: Upload, error: unknown): Promise<void> {
    if (!(error instanceof Fault) || upload.state !== 'open') return;
    if (error.code === 'not_a_photo') await refuse(this.#deps, upload, error);
    if (error.code === 'upload_gone') await startOver(this.#deps, upload);
  }

  #lockOf(id: string): Lock {
    return {
      lock: async (signal, cancel) => {
        const requested = () => void cancel();
        if (currentRequest().method === 'POST') this.#requested.set(id, requested);
        else await this.#deps.leases.acquire(id, signal, requested);
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
