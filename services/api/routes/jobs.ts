import {
  AddFiles,
  CreateJob,
  JobAnnounced,
  type JobFile,
  JobList,
  type JobProgress,
  JobView,
  ProgressHints,
} from '@kilat/contract';
import type { FastifyBaseLogger } from 'fastify';
import type { Admission } from '#internal/admission/admission.ts';
import type { Access } from '#internal/auth/access.ts';
import { isTeam, type Resource } from '#internal/auth/authorize.ts';
import type { Principal } from '#internal/auth/principal.ts';
import { type Uploader, uploaderIdOf, uploaderOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { JobStore } from '#internal/jobs/store.ts';
import type { Caller } from '../caller.ts';
import { EventParams, JobParams, Nothing } from './params.ts';

/** Is what these routes need. */
export interface JobRoutes {
  access: Access;
  caller: Caller;
  jobs: JobStore;
  admission: Admission;
  /** Tells by which way an uploader's new files come. */
  wayOf: (uploader: Uploader) => 'tus' | 'presigned';
  maxBytes: number;
  hint: (progress: JobProgress) => void;
}

// 5,000 names of 255 bytes and their hashes.
const manifestBytes = 4 * 1024 * 1024;

/** Adds an event's jobs: announce a manifest, list, see, and tell how far the bytes are. */
export function jobRoutes(app: App, { access, caller, jobs, admission, wayOf, maxBytes, hint }: JobRoutes): void {
  const url = '/api/events/:event_id/jobs';
  app.post(
    url,
    { bodyLimit: manifestBytes, schema: { params: EventParams, body: CreateJob, response: { 201: JobAnnounced } } },
    async (req, reply) => {
      const eventId = req.params.event_id;
      const principal = await caller(req);
      const uploader = uploaderOf(principal, await access.check(principal, 'photo.upload', eventId));
      checkSizes(req.body.files, maxBytes);
      await admission.admit(uploader, req.body.files.length);
      const { job_id: jobId, files, total, album_id: albumId } = req.body;
      const announced = await jobs.create({ eventId, uploader, way: wayOf(uploader), files, total, albumId, jobId });
      logAnnounced(req.log, eventId, announced);
      return reply.status(201).send(announced);
    },
  );
  app.post(
    `${url}/:job_id/files`,
    { bodyLimit: manifestBytes, schema: { params: JobParams, body: AddFiles, response: { 201: JobAnnounced } } },
    async (req, reply) => {
      const { event_id: eventId, job_id: jobId } = req.params;
      const { files, first } = req.body;
      const principal = await caller(req);
      const uploader = uploaderOf(principal, await access.check(principal, 'photo.upload', eventId));
      checkSizes(files, maxBytes);
      await admission.admit(uploader, files.length);
      const announced = await jobs.add({ eventId, uploader, way: wayOf(uploader), files, first }, jobId);
      logAnnounced(req.log, eventId, announced);
      return reply.status(201).send(announced);
    },
  );
  app.get(url, { schema: { params: EventParams, response: { 200: JobList } } }, async (req) => {
    const principal = await caller(req);
    const resource = await access.check(principal, 'upload.continue', req.params.event_id);
    return { jobs: await jobs.list(req.params.event_id, ownerOf(principal, resource)) };
  });
  app.get(`${url}/:job_id`, { schema: { params: JobParams, response: { 200: JobView } } }, async (req) => {
    const principal = await caller(req);
    const resource = await access.check(principal, 'upload.continue', req.params.event_id);
    const job = await jobs.read(req.params.event_id, req.params.job_id, ownerOf(principal, resource));
    if (job === undefined) throw new Fault('missing', 'There is no such job.', { code: 'job_missing' });
    return job;
  });
  app.post(
    `${url}/:job_id/progress`,
    { schema: { params: JobParams, body: ProgressHints, response: { 202: Nothing } } },
    async (req, reply) => {
      const { event_id, job_id } = req.params;
      const principal = await caller(req);
      const uploader = uploaderOf(principal, await access.check(principal, 'upload.continue', event_id));
      const owns = await jobs.owns(event_id, job_id, uploader.uploaderId);
      if (!owns) throw new Fault('missing', 'There is no such job.', { code: 'job_missing' });
      hint({ event_id, job_id, ...req.body });
      return reply.status(202).send(null);
    },
  );
}

function logAnnounced(log: FastifyBaseLogger, event_id: string, { job_id, files }: JobAnnounced): void {
  log.info({ event_id, job_id, files: files.length }, 'job announced');
  for (const { photo_id, how } of files)
    if (how !== 'duplicate') log.info({ photo_id, event_id, job_id }, 'photo announced');
}

// The team sees all jobs of its event, a guest the own ones.
function ownerOf(principal: Principal, resource: Resource): string | undefined {
  return isTeam(principal, resource) ? undefined : uploaderIdOf(principal);
}

function checkSizes(files: readonly JobFile[], maxBytes: number): void {
  const large = files.findIndex(({ size }) => size > maxBytes);
  if (large < 0) return;
  throw new Fault('invalid', `File ${large + 1} is larger than ${maxBytes} bytes.`, {
    code: 'file_too_large',
    status: 413,
  });
}
