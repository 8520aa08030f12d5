import type { Cursor } from '@kilat/contract';
import {
  AfterQuery,
  Changes,
  formatCursor,
  PageQuery,
  PhotoAnswer,
  PhotoPage,
  PhotoView,
  parseCursor,
} from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import { isTeam, may } from '#internal/auth/authorize.ts';
import type { Capabilities } from '#internal/auth/capability.ts';
import { grantFor } from '#internal/auth/grant.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Followed } from '#internal/frames/frame.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { PhotoRequest } from '#internal/photos/answer.ts';
import type { Page, PageRequest } from '#internal/photos/page.ts';
import type { Audience } from '#internal/photos/view.ts';
import type { Caller } from '../caller.ts';
import { EventParams, PhotoParams } from './params.ts';

/** Is what these routes need; any photo store satisfies it. */
export interface PhotoRoutes {
  access: Access;
  caller: Caller;
  capabilities: Capabilities;
  page: (request: PageRequest) => Promise<Page | undefined>;
  after: (eventId: string, audience: Audience, cursor: Cursor | undefined) => Promise<Followed | undefined>;
  photo: (request: PhotoRequest) => Promise<PhotoAnswer | undefined>;
  retry: (eventId: string, photoId: string) => Promise<PhotoView>;
}

/** Adds an event's photos: the pages, what changed since a cursor, one photo, and a new try for a failed one. */
export function photoRoutes(app: App, deps: PhotoRoutes): void {
  const { access, caller, capabilities, page, after, photo, retry } = deps;
  const missing = () => new Fault('missing', 'There is no such event.', { code: 'event_missing' });
  app.get(
    '/api/events/:event_id/photos',
    { schema: { params: EventParams, querystring: PageQuery, response: { 200: PhotoPage } } },
    async (req) => {
      const principal = await caller(req);
      const resource = await access.check(principal, 'event.see', req.params.event_id);
      const audience = isTeam(principal, resource) ? 'team' : 'guest';
      const { before, limit } = req.query;
      const found = await page({ eventId: req.params.event_id, audience, before, limit });
      if (found === undefined) throw missing();
      const { photos, head } = found;
      const media = grantFor(capabilities, principal, resource);
      return { photos, before: found.before, cursor: formatCursor(head), photo_count: head.photoCount, media };
    },
  );
  app.get(
    '/api/events/:event_id/changes',
    { schema: { params: EventParams, querystring: AfterQuery, response: { 200: Changes } } },
    async (req) => {
      const principal = await caller(req);
      const resource = await access.check(principal, 'event.see', req.params.event_id);
      const audience = isTeam(principal, resource) ? 'team' : 'guest';
      const found = await after(req.params.event_id, audience, parseCursor(req.query.after ?? ''));
      if (found === undefined) throw missing();
      const { head, frame } = found;
      const media = grantFor(capabilities, principal, resource);
      return {
        resync: frame === undefined,
        frame: frame ?? null,
        head_seq: head.seq,
        photo_count: head.photoCount,
        media,
      };
    },
  );
  app.get(
    '/api/events/:event_id/photos/:photo_id',
    { schema: { params: PhotoParams, response: { 200: PhotoAnswer } } },
    async (req) => {
      const { event_id: eventId, photo_id: photoId } = req.params;
      const principal = await caller(req);
      const resource = await access.check(principal, 'event.see', eventId);
      const audience = isTeam(principal, resource) ? 'team' : 'guest';
      const place = may(principal, 'place.see', resource);
      const backups = may(principal, 'backup.manage', resource);
      const found = await photo({ eventId, photoId, audience, place, backups });
      if (found === undefined) throw new Fault('missing', 'There is no such photo.', { code: 'photo_missing' });
      return found;
    },
  );
  app.post(
    '/api/events/:event_id/photos/:photo_id/retry',
    { schema: { params: PhotoParams, response: { 202: PhotoView } } },
    async (req, reply) => {
      await access.check(await caller(req), 'photo.retry', req.params.event_id);
      return reply.status(202).send(await retry(req.params.event_id, req.params.photo_id));
    },
  );
}
