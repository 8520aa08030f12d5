import { AfterQuery, type Cursor, type Hello, LiveStats, Painted, parseCursor } from '@kilat/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Access } from '#internal/auth/access.ts';
import { authorize, isTeam, type Resource } from '#internal/auth/authorize.ts';
import type { Capabilities } from '#internal/auth/capability.ts';
import { grantFor } from '#internal/auth/grant.ts';
import { checkOrigin } from '#internal/auth/origin.ts';
import type { Principal } from '#internal/auth/principal.ts';
import { type Sessions, sessionKey } from '#internal/auth/sessions.ts';
import { uploaderIdOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import { type App, type AppOptions, openApp } from '#internal/httpserver/httpserver.ts';
import type { Head } from '#internal/journal/journal.ts';
import type { Limit } from '#internal/limit/limit.ts';
import type { Admission } from './admission.ts';
import type { Channel, Client } from './channel.ts';
import type { Hub } from './hub.ts';
import type { FollowedJob } from './job.ts';
import type { Counts } from './metrics.ts';
import { shareOf, type TakePainted } from './painted.ts';
import { encodeEvent, encodeGreeting, openStream } from './stream.ts';

// Beyond it a fresh page is cheaper than the frames in between.
const farthestBehind = 20_000;

/** Is what the live server needs. */
export interface ServerDeps extends AppOptions {
  hub: Hub;
  access: Access;
  sessions: Sessions;
  capabilities: Capabilities;
  admission: Admission;
  jobOf: (eventId: string, jobId: string, ownedBy: string | undefined) => Promise<FollowedJob | undefined>;
  headOf: (eventId: string) => Promise<Head | undefined>;
  counts: Counts;
  painted: TakePainted;
  /** Limits reports of photos shown: those of one session, the photos in them, and those of all. */
  paintedLimits: { session: Limit; photos: Limit; all: Limit };
  allowedOrigins: readonly string[];
  rotateMs: number;
}

const EventParams = z.object({ event_id: z.uuid() });
const JobParams = z.object({ event_id: z.uuid(), job_id: z.uuid() });

/** Makes the server of /live. */
export function createServer(deps: ServerDeps): App {
  const app = openApp(deps);
  const schema = { querystring: AfterQuery };
  app.get(
    '/live/events/:event_id',
    { schema: { ...schema, params: EventParams }, exposeHeadRoute: false },
    (req, reply) => stream(deps, req, reply, { eventId: req.params.event_id, after: req.query.after }),
  );
  app.get(
    '/live/events/:event_id/jobs/:job_id',
    { schema: { ...schema, params: JobParams }, exposeHeadRoute: false },
    (req, reply) => {
      const { event_id, job_id } = req.params;
      return stream(deps, req, reply, { eventId: event_id, jobId: job_id, after: req.query.after });
    },
  );
  paintedRoute(app, deps);
  statsRoute(app, deps);
  return app;
}

/** POST /live/events/:event_id/painted: a page tells when it showed photos; what is too much is not looked at. */
function paintedRoute(app: App, deps: ServerDeps): void {
  app.post('/live/events/:event_id/painted', { schema: { params: EventParams, body: Painted } }, async (req, reply) => {
    checkOrigin(req, deps.allowedOrigins);
    const session = sessionKey(req.headers.cookie) ?? req.ip;
    await deps.paintedLimits.session(session);
    const principal = await deps.sessions.find(req.headers.cookie);
    await deps.access.check(principal, 'event.see', req.params.event_id);
    await deps.paintedLimits.photos(session, req.body.photos.length);
    await deps.paintedLimits.all('all');
    await deps.painted(req.params.event_id, session, req.body);
    return reply.status(204).send();
  });
}

/** GET /live/stats: what this replica carries and did, for the owner of the install. */
function statsRoute(app: App, deps: ServerDeps): void {
  app.get('/live/stats', { schema: { response: { 200: LiveStats } } }, async (req) => {
    authorize(await deps.sessions.find(req.headers.cookie), 'stats.see');
    return { streams: deps.admission.count(), events: deps.hub.events(), ...deps.counts };
  });
}

interface Wanted {
  eventId: string;
  jobId?: string;
  after: string | undefined;
}

async function stream(deps: ServerDeps, req: FastifyRequest, reply: FastifyReply, wanted: Wanted): Promise<void> {
  deps.admission.check();
  const rightsEnded = deps.hub.rightsEnded();
  const admitted = await admit(deps, req, wanted, cursorOf(req, wanted.after));
  reply.hijack();
  reply.raw.setHeader('x-request-id', req.id);
  const { counts } = deps;
  const onDropped = () => {
    counts.dropped += 1;
  };
  const client = { ...admitted.client, stream: openStream(reply.raw, onDropped), catchingUp: false };
  counts.opened += 1;
  deps.admission.enter(sessionKey(req.headers.cookie) ?? req.ip, client.stream);
  serve(deps, wanted.eventId, admitted, client);
  // A right that ended since it was looked at: the entry that says so has passed this client by.
  if (rightsEnded !== deps.hub.rightsEnded()) client.stream.close(500);
}

interface Admitted {
  channel: Channel;
  hello: Hello;
  client: Pick<Client, 'audience' | 'linkId' | 'accountId' | 'seq' | 'job'>;
}

async function admit(
  deps: ServerDeps,
  req: FastifyRequest,
  { eventId, jobId }: Wanted,
  cursor: Cursor | undefined,
): Promise<Admitted> {
  const principal = await deps.sessions.find(req.headers.cookie);
  if (principal.kind === 'stranger') authorize(principal, 'event.see');
  const channel = await deps.hub.channelOf(eventId);
  // After the channel's head was read: what ends rights later comes by the channel.
  const resource = await deps.access.check(principal, 'event.see', eventId);
  if (channel === undefined) throw new Fault('missing', 'There is no such event.', { code: 'event_missing' });
  const job = jobId === undefined ? undefined : await jobOf(deps, principal, resource, jobId);
  const recovered = cursor === undefined || (await canFollow(deps, eventId, channel, cursor));
  const { epoch, seq } = channel.head;
  return {
    channel,
    hello: {
      ...{ epoch, head_seq: seq, recovered, media: grantFor(deps.capabilities, principal, resource) },
      painted: shareOf(channel.clients.size),
    },
    client: {
      audience: isTeam(principal, resource) ? 'team' : 'guest',
      linkId: principal.kind === 'guest' ? principal.linkId : undefined,
      accountId: principal.kind === 'account' ? principal.accountId : undefined,
      job,
      seq: recovered ? (cursor?.seq ?? seq) : seq,
    },
  };
}

// The team follows all jobs of its event, a guest the own ones.
async function jobOf(deps: ServerDeps, principal: Principal, resource: Resource, jobId: string): Promise<FollowedJob> {
  authorize(principal, 'upload.continue', resource);
  const ownedBy = isTeam(principal, resource) ? undefined : uploaderIdOf(principal);
  const job = await deps.jobOf(resource.eventId, jobId, ownedBy);
  if (job === undefined) throw new Fault('missing', 'There is no such job.', { code: 'job_missing' });
  return job;
}

// The channel may be a moment behind a page that was just read: then the database knows.
async function canFollow(deps: ServerDeps, eventId: string, channel: Channel, cursor: Cursor): Promise<boolean> {
  const { epoch, seq } = channel.head;
  if (cursor.epoch !== epoch || seq - cursor.seq > farthestBehind) return false;
  if (cursor.seq <= seq) return true;
  const head = await deps.headOf(eventId);
  return head?.epoch === cursor.epoch && cursor.seq <= head.seq;
}

function serve(deps: ServerDeps, eventId: string, { channel, hello }: Admitted, client: Client): void {
  client.stream.write(encodeGreeting(hello, channel.head.photoCount));
  if (!hello.recovered) {
    deps.counts.resyncs += 1;
    client.stream.write(encodeEvent('resync', {}));
  }
  const joined = deps.hub.join(eventId, channel, client);
  const rotate = setTimeout(
    () => client.stream.close(500 + Math.random() * 500),
    deps.rotateMs * (1 + Math.random() / 2),
  );
  client.stream.onClose(() => clearTimeout(rotate));
  void joined.catchUp(client).then(() => joined.wake());
}

// A browser that reconnects by itself says where it was in Last-Event-ID, which is newer than its URL.
function cursorOf(req: FastifyRequest, after: string | undefined): Cursor | undefined {
  const last = req.headers['last-event-id'];
  return (
    (typeof last === 'string' ? parseCursor(last) : undefined) ?? (after === undefined ? undefined : parseCursor(after))
  );
}
