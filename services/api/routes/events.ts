import { ChangeEvent, CreateEvent, EventList, EventView } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import { authorize } from '#internal/auth/authorize.ts';
import type { EventStore } from '#internal/events/store.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import { accountOf, type Caller } from '../caller.ts';
import { EventParams } from './params.ts';

/** Is what these routes need. */
export interface EventRoutes {
  access: Access;
  events: EventStore;
  caller: Caller;
}

/** Adds the events: list, create, see, change. */
export function eventRoutes(app: App, { access, events, caller }: EventRoutes): void {
  app.get('/api/events', { schema: { response: { 200: EventList } } }, async (req) => {
    const principal = await caller(req);
    authorize(principal, 'event.list');
    return { events: await events.list(accountOf(principal)) };
  });
  app.post('/api/events', { schema: { body: CreateEvent, response: { 201: EventView } } }, async (req, reply) => {
    const principal = await caller(req);
    authorize(principal, 'event.create');
    return reply.status(201).send(await events.create(accountOf(principal).accountId, req.body));
  });
  app.get('/api/events/:event_id', { schema: { params: EventParams, response: { 200: EventView } } }, async (req) => {
    await access.check(await caller(req), 'event.see', req.params.event_id);
    const event = await events.read(req.params.event_id);
    if (event === undefined) throw new Fault('missing', 'There is no such event.', { code: 'event_missing' });
    return event;
  });
  app.patch(
    '/api/events/:event_id',
    { schema: { params: EventParams, body: ChangeEvent, response: { 200: EventView } } },
    async (req) => {
      await access.check(await caller(req), 'event.change', req.params.event_id);
      return events.change(req.params.event_id, req.body);
    },
  );
}
