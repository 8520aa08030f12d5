import { AfterQuery, type Cursor, parseCursor } from '@kilat/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Access } from '#internal/auth/access.ts';
import { isTeam } from '#internal/auth/authorize.ts';
import type { Capabilities } from '#internal/auth/capability.ts';
import { grantFor } from '#internal/auth/grant.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import { Fault } from '#internal/fault/fault.ts';
import { type App, openApp } from '#internal/httpserver/httpserver.ts';
import type { Logger } from '#internal/log/log.ts';
import type { Channel, Client } from './channel.ts';
import type { Hub } from './hub.ts';
import { greet, openStream } from './stream.ts';

const mostPerSession = 6;
const rotateAfterMs = 10 * 60_000;

/** Is what the live server needs. */
export interface ServerDeps {
  hub: Hub;
  access: Access;
  sessions: Sessions;
  capabilities: Capabilities;
  maxStreams: number;
  trustProxy: readonly string[];
  log: Logger;
}

const EventParams = z.object({ event_id: z.uuid() });

/** Makes the server of /live. */
export function createServer(deps: ServerDeps): App {
  const app = openApp(deps);
  const perSession = new Map<string, number>();
  app.get(
    '/live/events/:event_id',
    { schema: { params: EventParams, querystring: AfterQuery } },
    async (req, reply) => {
      const release = enter(deps, perSession, req);
      try {
        await follow(deps, req, reply, req.params.event_id, cursorOf(req, req.query.after), release);
      } catch (error) {
        release();
        throw error;
      }
    },
  );
  return app;
}

async function follow(
  deps: ServerDeps,
  req: FastifyRequest,
  reply: FastifyReply,
  eventId: string,
  cursor: Cursor | undefined,
  release: () => void,
): Promise<void> {
  const principal = await deps.sessions.find(req.headers.cookie);
  const resource = await deps.access.check(principal, 'event.see', eventId);
  const channel = await deps.hub.channelOf(eventId);
  if (channel === undefined) throw new Fault('missing', 'There is no such event.', { code: 'event_missing' });
  reply.hijack();
  reply.raw.setHeader('x-request-id', req.id);
  const stream = openStream(reply.raw);
  const { epoch, seq } = channel.head;
  const audience = isTeam(principal, resource) ? 'team' : 'guest';
  // The channel may be a moment behind a page that was just read: only another epoch cannot be followed.
  const recovered = cursor === undefined || cursor.epoch === epoch;
  greet(stream, { epoch, head_seq: seq, recovered, media: grantFor(deps.capabilities, principal, resource) });
  if (!recovered) {
    release();
    stream.send('resync', {});
    stream.close(2_000);
    return;
  }
  const client: Client = { stream, audience, seq: cursor?.seq ?? seq, catchingUp: false };
  attach(deps, channel, eventId, client, reply, release);
  await channel.catchUp(client);
  channel.wake();
}

function attach(
  deps: ServerDeps,
  channel: Channel,
  eventId: string,
  client: Client,
  reply: FastifyReply,
  release: () => void,
): void {
  deps.hub.join(channel, client);
  const rotate = setTimeout(
    () => client.stream.close(500 + Math.random() * 500),
    rotateAfterMs * (1 + Math.random() / 2),
  );
  reply.raw.once('close', () => {
    clearTimeout(rotate);
    deps.hub.leave(eventId, client);
    release();
  });
}

/** Counts a stream in; throws when this replica or this session has too many. */
function enter(deps: ServerDeps, perSession: Map<string, number>, req: FastifyRequest): () => void {
  if (deps.hub.count() >= deps.maxStreams)
    throw new Fault('unavailable', 'Too many watch at the moment.', { retryAfter: 5 });
  const session = req.headers.cookie ?? req.ip;
  const open = perSession.get(session) ?? 0;
  if (open >= mostPerSession)
    throw new Fault('exhausted', 'This browser has too many streams open.', { retryAfter: 5 });
  perSession.set(session, open + 1);
  let counted = true;
  return () => {
    if (!counted) return;
    counted = false;
    const left = (perSession.get(session) ?? 1) - 1;
    if (left > 0) perSession.set(session, left);
    else perSession.delete(session);
  };
}

// A browser that reconnects by itself says where it was in Last-Event-ID, which is newer than its URL.
function cursorOf(req: FastifyRequest, after: string | undefined): Cursor | undefined {
  const last = req.headers['last-event-id'];
  return (
    (typeof last === 'string' ? parseCursor(last) : undefined) ?? (after === undefined ? undefined : parseCursor(after))
  );
}
