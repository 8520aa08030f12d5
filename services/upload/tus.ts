import type { IncomingMessage, ServerResponse } from 'node:http';
import { UploadMetadata, type UploadProblem } from '@kilat/contract';
import { Server } from '@tus/server';
import { v7 as uuidv7 } from 'uuid';
import type { Admission } from '#internal/admission/admission.ts';
import type { Access } from '#internal/auth/access.ts';
import { uploaderOf } from '#internal/auth/uploader.ts';
import { Fault, logLevelOf, retryAfterOf, statusOf } from '#internal/fault/fault.ts';
import type { Logger } from '#internal/log/log.ts';
import type { UploadStore } from '#internal/uploads/store.ts';
import { currentRequest } from './request.ts';
import type { Running } from './running.ts';
import type { PhotoDataStore } from './store.ts';

/** Is what answering tus needs. */
export interface TusDeps {
  store: PhotoDataStore;
  uploads: UploadStore;
  access: Access;
  admission: Admission;
  running: Running;
  maxBytes: number;
  log: Logger;
}

const uploadPath = /^\/files\/([0-9a-f-]{36})\/([0-9a-f-]{36})$/;
const drainMs = 5_000;

/** Makes the tus server: ids are ours, rights are checked on every verb, errors carry stable codes. */
export function createTus(deps: TusDeps): Server {
  return new Server({
    path: '/files',
    datastore: deps.store,
    locker: deps.store.locker(),
    maxSize: deps.maxBytes,
    disableTerminationForFinishedUploads: true,
    allowedOrigins: [],
    namingFunction: (_req, metadata) => nameUpload(metadata),
    generateUrl: (_req, { path, id }) => `${path}/${id}`,
    getFileIdFromRequest: (req) => uploadPath.exec(new URL(req.url).pathname)?.slice(1).join('/'),
    onIncomingRequest: (req, id) => admit(deps, req, id),
    onResponseError: async (req, error) => {
      await drain(nodeOf(req)?.req);
      return refusal(deps.log, req, error);
    },
  });
}

// The event is named by the metadata at creation and by the path afterwards.
function nameUpload(metadata: Record<string, string | null> | undefined): string {
  const parsed = UploadMetadata.safeParse(metadata ?? {});
  if (!parsed.success) throw new Fault('invalid', 'Upload-Metadata needs event_id and filename.');
  return `${parsed.data.event_id}/${uuidv7()}`;
}

async function admit(deps: TusDeps, req: Request, id: string): Promise<void> {
  const { principal } = currentRequest();
  const [eventId = '', photoId = ''] = id.split('/');
  if (req.method === 'POST') {
    const uploader = uploaderOf(principal, await deps.access.check(principal, 'photo.upload', eventId));
    await deps.admission.admit(uploader, 1);
    if (req.headers.get('upload-length') === '0')
      throw new Fault('invalid', 'The file is empty.', { code: 'empty_file' });
    return;
  }
  // What was begun may end although the event has closed meanwhile: no photo is lost.
  const uploader = uploaderOf(principal, await deps.access.check(principal, 'upload.continue', eventId));
  const upload = await deps.uploads.find(eventId, photoId);
  if (upload === undefined || upload.uploaderId !== uploader.uploaderId) {
    throw new Fault('missing', 'There is no such upload.', { code: 'upload_missing' });
  }
  if (req.method === 'PATCH') await deps.running(uploader, photoId);
}

const tusCodes: Record<number, UploadProblem> = {
  400: { code: 'invalid', detail: 'This is not a tus request that Kilat understands.' },
  403: { code: 'invalid', detail: 'A header that tus asks for is missing.' },
  404: { code: 'upload_missing', detail: 'There is no such upload.' },
  409: { code: 'offset_mismatch', detail: 'Upload-Offset is not where the upload stands: ask by HEAD.' },
  410: { code: 'upload_expired', detail: 'The upload has expired: send the file again.' },
  413: { code: 'file_too_large', detail: 'The file is larger than allowed.' },
  501: { code: 'length_required', detail: 'Upload-Length is needed: a photo has a known size.' },
};

function refusal(log: Logger, req: Request, error: unknown): { status_code: number; body: string } {
  const { status, problem } = problemOf(error);
  const wait = retryAfterOf(error);
  if (wait !== undefined) nodeOf(req)?.res?.setHeader('retry-after', String(wait));
  log[status === 500 ? 'error' : logLevelOf(error instanceof Fault ? error : new Fault('invalid', problem.detail))](
    { err: error, code: problem.code, method: req.method },
    'upload request failed',
  );
  // Any 4xx or 5xx but 423 on HEAD makes clients start over from zero.
  const waiting = req.method === 'HEAD' && status >= 500;
  return { status_code: waiting ? 423 : status, body: JSON.stringify(problem) };
}

function problemOf(error: unknown): { status: number; problem: UploadProblem } {
  if (error instanceof Fault) return { status: statusOf(error), problem: { code: error.code, detail: error.message } };
  const named = typeof error === 'object' && error !== null && 'status_code' in error ? Number(error.status_code) : 500;
  const status = named === 501 ? 400 : named;
  return { status, problem: tusCodes[named] ?? { code: 'internal', detail: 'Something went wrong on our side.' } };
}

interface NodePair {
  req: IncomingMessage;
  res?: ServerResponse;
}

function nodeOf(req: Request): NodePair | undefined {
  return (req as Request & { runtime?: { node?: NodePair } }).runtime?.node;
}

/** Reads and discards what a refused client still sends: proxies turn an earlier answer into a 502. */
async function drain(req: IncomingMessage | undefined): Promise<void> {
  if (req === undefined || req.complete || req.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    // Whoever read the body so far would pause it again.
    req.removeAllListeners('data').once('end', done).once('close', done).resume();
  });
}
