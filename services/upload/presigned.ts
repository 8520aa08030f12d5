import { Completed, CreatePresigned, type PresignedPart, PresignedPlan, UrlRequest } from '@kilat/contract';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import type { Admission } from '#internal/admission/admission.ts';
import type { Access } from '#internal/auth/access.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import { type Uploader, uploaderOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { type FinishDeps, finish, startOver } from './finish.ts';
import { gather, storedParts } from './gather.ts';
import { presignedPartSize } from './layout.ts';
import type { Leases } from './lease.ts';
import { type Presigner, partCount, urlSeconds } from './presign.ts';
import { beginMultipart } from './send.ts';

/** Is what the presigned way in needs; photos of up to `putBytes` are one PUT. */
export interface PresignedDeps extends FinishDeps {
  access: Access;
  admission: Admission;
  sessions: Sessions;
  leases: Leases;
  presigner: Presigner;
  wayOf: (uploader: Uploader) => 'tus' | 'presigned';
  maxBytes: number;
  putBytes: number;
}

const UploadParams = z.object({ event_id: z.uuid(), photo_id: z.uuid() });
const mostUrls = 20;

/** Adds the way straight to the bucket: announce, fresh URLs, complete. The photo's row is there before any URL is. */
export function presignedRoutes(app: App, deps: PresignedDeps): void {
  app.post(
    '/files/presigned',
    { schema: { body: CreatePresigned, response: { 201: PresignedPlan } } },
    async (req, reply) => {
      const upload = await announce(deps, req, req.body);
      return reply.status(201).send(await planOf(deps, upload, undefined));
    },
  );
  app.post(
    '/files/:event_id/:photo_id/urls',
    { schema: { params: UploadParams, body: UrlRequest, response: { 200: PresignedPlan } } },
    async (req) => planOf(deps, await own(deps, req, req.params), req.body.parts),
  );
  app.post(
    '/files/:event_id/:photo_id/complete',
    { schema: { params: UploadParams, response: { 200: Completed } } },
    async (req) => {
      const upload = await own(deps, req, req.params);
      await leased(deps, upload, (held) => complete(deps, held));
      return { photo_id: upload.photoId };
    },
  );
}

async function announce(deps: PresignedDeps, req: FastifyRequest, wanted: CreatePresigned): Promise<Upload> {
  const { size, ...metadata } = wanted;
  const [eventId, photoId] = [metadata.event_id, uuidv7()];
  const principal = await deps.sessions.find(req.headers.cookie);
  const uploader = uploaderOf(principal, await deps.access.check(principal, 'photo.upload', eventId));
  if (deps.wayOf(uploader) !== 'presigned')
    throw new Fault('forbidden', 'Send this photo by tus.', { code: 'presigned_off' });
  if (size > deps.maxBytes)
    throw new Fault('invalid', 'The file is larger than allowed.', { code: 'file_too_large', status: 413 });
  await deps.admission.admit(uploader, 1);
  const photos = [{ photoId, length: size, metadata }];
  await deps.uploads.announce({ eventId, uploader, way: 'presigned', photos });
  deps.log.info({ photo_id: photoId, event_id: eventId, size }, 'photo announced');
  return found(deps, eventId, photoId);
}

async function own(
  deps: PresignedDeps,
  req: FastifyRequest,
  { event_id, photo_id }: z.infer<typeof UploadParams>,
): Promise<Upload> {
  const principal = await deps.sessions.find(req.headers.cookie);
  const uploader = uploaderOf(principal, await deps.access.check(principal, 'upload.continue', event_id));
  const upload = await found(deps, event_id, photo_id);
  if (upload.uploaderId !== uploader.uploaderId || upload.way !== 'presigned') throw missing();
  return upload;
}

async function found(deps: PresignedDeps, eventId: string, photoId: string): Promise<Upload> {
  const upload = await deps.uploads.find(eventId, photoId);
  if (upload === undefined) throw missing();
  return upload;
}

function missing(): Fault {
  return new Fault('missing', 'There is no such upload.', { code: 'upload_missing' });
}

async function planOf(
  deps: PresignedDeps,
  announced: Upload,
  wanted: readonly number[] | undefined,
): Promise<PresignedPlan> {
  const whole = announced.multipartId === null && announced.length <= deps.putBytes;
  const upload = whole ? announced : await leased(deps, announced, (held) => begin(deps, held));
  const count = whole ? 1 : partCount(upload.length);
  const stored = await storedNumbers(deps, upload, whole);
  const numbers = wanted ?? Array.from({ length: count }, (_, at) => at + 1).filter((part) => !stored.includes(part));
  const parts = upload.state === 'open' ? await sign(deps, upload, whole, numbers.slice(0, mostUrls)) : [];
  return {
    photo_id: upload.photoId,
    url: `/files/${upload.eventId}/${upload.photoId}`,
    part_size: whole ? upload.length : presignedPartSize,
    part_count: count,
    stored,
    parts,
    expires_at: new Date(Date.now() + urlSeconds * 1_000).toISOString(),
  };
}

async function storedNumbers(deps: PresignedDeps, upload: Upload, whole: boolean): Promise<number[]> {
  if (upload.state === 'finished')
    return Array.from({ length: whole ? 1 : partCount(upload.length) }, (_, at) => at + 1);
  if (upload.state !== 'open') throw ended(upload);
  if (!whole) return ((await storedParts(deps.objects, upload)) ?? []).map(({ part }) => part);
  return (await gather(deps.objects, upload)) === undefined ? [] : [1];
}

function sign(deps: PresignedDeps, upload: Upload, whole: boolean, parts: readonly number[]): Promise<PresignedPart[]> {
  const most = partCount(upload.length);
  if (parts.some((part) => part > (whole ? 1 : most))) throw new Fault('invalid', 'There is no such part.');
  return Promise.all(parts.map((part) => (whole ? deps.presigner.put(upload) : deps.presigner.part(upload, part))));
}

// The id is committed before the first URL: what S3 keeps for us is always in our records.
async function begin(deps: PresignedDeps, upload: Upload): Promise<Upload> {
  if (upload.state !== 'open' || upload.multipartId !== null) return upload;
  const multipartId = await beginMultipart(deps.objects, upload);
  const begun = { ...upload, multipartId };
  if (!(await deps.uploads.advance(upload, begun))) throw new Fault('conflict', 'The upload has ended.');
  return begun;
}

async function complete(deps: PresignedDeps, upload: Upload): Promise<Upload> {
  if (upload.state === 'finished') return upload;
  if (upload.state !== 'open') throw ended(upload);
  const gathered = await gather(deps.objects, upload).catch(async (error) => {
    if (error instanceof Fault && error.code === 'upload_gone') await startOver(deps, upload);
    throw error;
  });
  if (gathered === undefined) {
    throw new Fault('conflict', 'Some parts are not in the bucket: ask for their URLs.', { code: 'incomplete' });
  }
  return finish(deps, gathered);
}

function ended({ state }: Upload): Fault {
  if (state === 'refused')
    return new Fault('invalid', 'This file is not a photo.', { code: 'not_a_photo', status: 415 });
  return new Fault('missing', 'The upload has ended: send the file again.', { code: 'upload_gone', status: 410 });
}

async function leased<T>(deps: PresignedDeps, upload: Upload, work: (held: Upload) => Promise<T>): Promise<T> {
  const id = `${upload.eventId}/${upload.photoId}`;
  const lease = await deps.leases.acquire(id, AbortSignal.timeout(20_000), () => {});
  try {
    return await work(lease.upload);
  } finally {
    await deps.leases.release(id);
  }
}
