import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart, { type MultipartFile } from '@fastify/multipart';
import { type BatchResult, BatchResults, UploadMetadata } from '@kilat/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import type { Admission } from '#internal/admission/admission.ts';
import type { Access } from '#internal/auth/access.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import { type Uploader, uploaderOf } from '#internal/auth/uploader.ts';
import { Fault, logLevelOf, statusOf } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Upload } from '#internal/uploads/upload.ts';
import { drain } from './drain.ts';
import { type FinishDeps, finish, isOurs, refuse } from './finish.ts';
import type { Leases } from './lease.ts';
import { type ReceiverDeps, receive } from './receive.ts';
import { discard } from './send.ts';
import { asDiskFault, removeFile } from './spool.ts';

/** Is what the batch form needs; a request may bring `mostFiles` files within `seconds`. */
export interface BatchDeps extends FinishDeps, ReceiverDeps {
  access: Access;
  admission: Admission;
  sessions: Sessions;
  leases: Leases;
  maxBytes: number;
  mostFiles: number;
  seconds: number;
}

interface Batch {
  eventId: string;
  uploader: Uploader;
  over: AbortSignal;
}

const BatchParams = z.object({ event_id: z.uuid() });

/** Adds the form of many files in one request: each is spooled to disk, then announced, stored and finished by itself. */
export async function batchRoutes(app: App, deps: BatchDeps): Promise<void> {
  await app.register(multipart, {
    limits: { files: deps.mostFiles, fileSize: deps.maxBytes },
    throwFileSizeLimit: false,
  });
  app.post(
    '/files/batch/:event_id',
    { schema: { params: BatchParams, response: { 201: BatchResults, 207: BatchResults } } },
    async (req, reply) => {
      const { event_id: eventId } = req.params;
      const principal = await deps.sessions.find(req.headers.cookie);
      const uploader = uploaderOf(principal, await deps.access.check(principal, 'photo.upload', eventId));
      const over = AbortSignal.timeout(deps.seconds * 1_000);
      return answer(req, reply, await takeAll(deps, req, { eventId, uploader, over }));
    },
  );
}

async function answer(req: FastifyRequest, reply: FastifyReply, files: BatchResult[]): Promise<FastifyReply> {
  if (files.length === 0) throw new Fault('invalid', 'The form has no file.');
  req.raw.unpipe();
  await drain(req.raw);
  if (!req.raw.complete) void reply.header('connection', 'close');
  return reply.status(files.every(({ status }) => status === 201) ? 201 : 207).send({ files });
}

async function takeAll(deps: BatchDeps, req: FastifyRequest, batch: Batch): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  const files = req.files()[Symbol.asyncIterator]();
  const over = once(batch.over, 'abort').then(() => Promise.reject(late()));
  over.catch(() => {});
  try {
    for (;;) {
      const next = await Promise.race([files.next(), over]);
      if (next.done === true) return results;
      const result = await take(deps, batch, next.value);
      results.push(result);
      if (result.code === 'timed_out') return results;
    }
  } catch (error) {
    // What was stored before is stored; the rest of the form cannot be read.
    if (!(error instanceof Fault)) deps.log.info({ err: error }, 'form not read to its end');
    const known = error instanceof Fault ? error : new Fault('invalid', 'The form could not be read to its end.');
    return [...results, resultOf('', known)];
  }
}

async function take(deps: BatchDeps, batch: Batch, file: MultipartFile): Promise<BatchResult> {
  const path = join(deps.spoolDir, `batch-${uuidv7()}`);
  try {
    await deps.admission.admit(batch.uploader, 1);
    await pipeline(file.file, createWriteStream(path), { signal: batch.over });
    const length = lengthOf(file);
    const photoId = await store(deps, batch, { path, length, file });
    return { name: file.filename, status: 201, photo_id: photoId, code: null, detail: null };
  } catch (error) {
    file.file.resume();
    const failure = batch.over.aborted ? late() : asDiskFault(error);
    deps.log[logLevelOf(failure)]({ err: failure, event_id: batch.eventId }, 'file of a batch refused');
    return resultOf(file.filename, failure);
  } finally {
    await removeFile(path);
  }
}

function lengthOf({ file }: MultipartFile): number {
  if (file.truncated)
    throw new Fault('invalid', 'The file is larger than allowed.', { code: 'file_too_large', status: 413 });
  if (file.bytesRead === 0) throw new Fault('invalid', 'The file is empty.', { code: 'empty_file' });
  return file.bytesRead;
}

async function store(
  deps: BatchDeps,
  { eventId, uploader }: Batch,
  { path, length, file }: { path: string; length: number; file: MultipartFile },
): Promise<string> {
  const photoId = uuidv7();
  const id = `${eventId}/${photoId}`;
  const metadata = UploadMetadata.parse({ event_id: eventId, filename: file.filename, filetype: file.mimetype });
  const { holder } = deps.leases;
  const photos = [{ photoId, length, metadata }];
  await deps.uploads.announce({ eventId, uploader, way: 'batch', photos, holder, running: true });
  const upload = await deps.uploads.find(eventId, photoId);
  if (upload === undefined) throw new Fault('internal', 'the upload has no row');
  const lease = deps.leases.hold(id, upload, () => {});
  try {
    await receive(deps, lease, createReadStream(path), length);
    await finish(deps, lease.upload);
    return photoId;
  } catch (error) {
    await end(deps, lease.upload, error).catch((err) => deps.log.warn({ err }, 'file of a batch not ended'));
    throw error;
  } finally {
    await deps.leases.release(id);
  }
}

// Its sender sends the file again: nothing of this one is kept.
async function end(deps: BatchDeps, upload: Upload, error: unknown): Promise<void> {
  if (error instanceof Fault && error.code === 'not_a_photo') return refuse(deps, upload, error);
  if (!(await deps.uploads.settle(upload, 'ended', 'upload_ended'))) return;
  if (isOurs(error)) deps.onEnded?.('failed');
  await discard(deps.objects, upload);
}

function late(): Fault {
  return new Fault('invalid', 'The time of a batch is over: send this file again.', { code: 'timed_out', status: 408 });
}

function resultOf(name: string, error: unknown): BatchResult {
  const known = error instanceof Fault && error.kind !== 'internal';
  const [code, detail] = known ? [error.code, error.message] : ['internal', 'Something went wrong on our side.'];
  return { name, status: statusOf(error), photo_id: null, code, detail };
}
