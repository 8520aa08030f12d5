import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UploadProblem } from '@kilat/contract';
import { Server } from '@tus/server';
import { v7 as uuidv7 } from 'uuid';
import type { Admission } from '#internal/admission/admission.ts';
import type { Access } from '#internal/auth/access.ts';
import { uploaderOf } from '#internal/auth/uploader.ts';
import { Fault, logLevelOf, retryAfterOf, statusOf } from '#internal/fault/fault.ts';
import type { Logger } from '#internal/log/log.ts';
import type { UploadStore } from '#internal/uploads/store.ts';
import { drain } from './drain.ts';
import { describesPhoto, type SaidMetadata, wrongMetadata } from './metadata.ts';
import { currentRequest } from './request.ts';
import type { PhotoDataStore } from './store.ts';

/** Is what answering tus needs. */
export interface TusDeps {
  store: PhotoDataStore;
  uploads: UploadStore;
  access: Access;
  admission: Admission;
  maxBytes: number;
  log: Logger;
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const uploadPath = new RegExp(`^/files/(${uuid})/(${uuid})$`);

/** Makes the tus server: ids are ours, rights are checked on every verb, errors carry stable codes. */
export function createTus(deps: TusDeps): Server {
  return new Server({
    path: '/files',
    datastore: deps.store,
    locker: deps.store.locker(),
    maxSize: deps.maxBytes,
    allowedOrigins: [],
    namingFunction: (_req, metadata) => nameUpload(metadata),
    generateUrl: (_req, { path, id }) => `${path}/${id}`,
    getFileIdFromRequest: (req) => uploadPath.exec(new URL(req.url).pathname)?.slice(1).join('/'),
    onIncomingRequest: (req, id) => admit(deps, req, id),
    onResponseError: async (req, error) => {
      const node = nodeOf(req);
      if (node !== undefined) await drain(node.req);
      return refusal(deps.log, req, error);
    },
  });
}

// The event is named by the metadata at creation and by the path afterwards.
function nameUpload(metadata: SaidMetadata = {}): string {
  if (!describesPhoto(metadata)) throw wrongMetadata();
  return `${metadata.event_id.toLowerCase()}/${uuidv7()}`;
}

async function admit(deps: TusDeps, req: Request, id: string): Promise<void> {
  const { principal } = currentRequest();
  const [eventId = '', photoId = ''] = id.split('/');
  if (req.method === 'POST') {
    const uploader = uploaderOf(principal, await deps.access.check(principal, 'photo.upload', eventId));
    await deps.admission.admit(uploader, 1);
    return;
  }
  // What was begun may end although the event has closed meanwhile: no photo is lost.
  const uploader = uploaderOf(principal, await deps.access.check(principal, 'upload.continue', eventId));
  const upload = await deps.uploads.find(eventId, photoId);
  if (upload === undefined || upload.uploaderId !== uploader.uploaderId) {
    throw new Fault('missing', 'There is no such upload.', { code: 'upload_missing' });
  }
  if (req.method === 'PATCH') currentRequest().writer = uploader;
}

const tusCodes: Record<number, UploadProblem> = {
  400: { code: 'invalid', detail: 'This is not a tus request that Kilat understands.' },
  404: { code: 'upload_missing', detail: 'There is no such upload.' },
  409: { code: 'offset_mismatch', detail: 'Upload-Offset is not where the upload stands: ask by HEAD.' },
  413: { code: 'file_too_large', detail: 'The file is larger than allowed.' },
};

function refusal(log: Logger, req: Request, error: unknown): { status_code: number; body: string } {
  const { status, problem } = problemOf(error);
  const wait = retryAfterOf(error);
  if (wait !== undefined) nodeOf(req)?.res?.setHeader('retry-after', String(wait));
  log[status === 500 ? 'error' : logLevelOf(error instanceof Fault ? error : new Fault('invalid', problem.detail))](
    { err: error, code: problem.code, method: req.method },
    'upload request failed',
  );
  // Any 5xx on HEAD makes clients start over from zero; 423 lets them wait.
  const waiting = req.method === 'HEAD' && status >= 500;
  return { status_code: waiting ? 423 : status, body: JSON.stringify(problem) };
}

function problemOf(error: unknown): { status: number; problem: UploadProblem } {
  if (error instanceof Fault) return { status: statusOf(error), problem: { code: error.code, detail: error.message } };
  if (brokeOff(error)) return { status: 503, problem: { code: 'unavailable', detail: 'The request broke off.' } };
  const status =
    typeof error === 'object' && error !== null && 'status_code' in error ? Number(error.status_code) : 500;
  return { status, problem: tusCodes[status] ?? { code: 'internal', detail: 'Something went wrong on our side.' } };
}

// The client is gone, or this process about to be: nothing is wrong on our side.
function brokeOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

interface NodePair {
  req: IncomingMessage;
  res?: ServerResponse;
}

function nodeOf(req: Request): NodePair | undefined {
  return (req as Request & { runtime?: { node?: NodePair } }).runtime?.node;
}
