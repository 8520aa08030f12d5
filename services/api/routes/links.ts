import { CreateLink, LinkList, LinkView } from '@kilat/contract';
import * as z from 'zod';
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

// Without a body it is a link to look.
const LinkBody = z.nullish(CreateLink);

/** Adds an event's share links: list, create, revoke. */
export function linkRoutes(app: App, { access, links, caller }: LinkRoutes): void {
  const url = '/api/events/:event_id/links';
  app.get(url, { schema: { params: EventParams, response: { 200: LinkList } } }, async (req) => {
    await access.check(await caller(req), 'link.manage', req.params.event_id);
    return { links: await links.list(req.params.event_id) };
  });
  app.post(
    url,
    { schema: { params: EventParams, body: LinkBody, response: { 201: LinkView } } },
    async (req, reply) => {
      await access.check(await caller(req), 'link.manage', req.params.event_id);
      return reply.status(201).send(await links.create(req.params.event_id, req.body?.may_upload));
    },
  );
  app.delete(`${url}/:link_id`, { schema: { params: LinkParams, response: { 204: Nothing } } }, async (req, reply) => {
    await access.check(await caller(req), 'link.manage', req.params.event_id);
    await links.revoke(req.params.event_id, req.params.link_id);
    return reply.status(204).send(null);
  });
}
