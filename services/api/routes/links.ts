import { LinkList, LinkView } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import type { LinkStore } from '#internal/events/links.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Caller } from '../caller.ts';
import { EventParams, LinkParams, Nothing } from './params.ts';

/** Is what these routes need. */
export interface LinkRoutes {
  access: Access;
  links: LinkStore;
  caller: Caller;
}

/** Adds an event's share links: list, create, revoke. */
export function linkRoutes(app: App, { access, links, caller }: LinkRoutes): void {
  const url = '/api/events/:event_id/links';
  app.get(url, { schema: { params: EventParams, response: { 200: LinkList } } }, async (req) => {
    await access.check(await caller(req), 'link.manage', req.params.event_id);
    return { links: await links.list(req.params.event_id) };
  });
  app.post(url, { schema: { params: EventParams, response: { 201: LinkView } } }, async (req, reply) => {
    await access.check(await caller(req), 'link.manage', req.params.event_id);
    return reply.status(201).send(await links.create(req.params.event_id));
  });
  app.delete(`${url}/:link_id`, { schema: { params: LinkParams, response: { 204: Nothing } } }, async (req, reply) => {
    await access.check(await caller(req), 'link.manage', req.params.event_id);
    await links.revoke(req.params.event_id, req.params.link_id);
    return reply.status(204).send(null);
  });
}
