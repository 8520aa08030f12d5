import { ChangeMember, CreateInvite, InviteView, Join, Joined, MemberView, People, SignInPath } from '@kilat/contract';
import type { FastifyRequest } from 'fastify';
import type { Access } from '#internal/auth/access.ts';
import { roleOf } from '#internal/auth/authorize.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import type { Manager } from '#internal/people/invites.ts';
import type { PeopleStore } from '#internal/people/people.ts';
import { accountOf, type Caller, setSession } from '../caller.ts';
import { EventParams, InviteParams, MemberParams, Nothing } from './params.ts';

/** Is what these routes need. */
export interface PeopleRoutes {
  access: Access;
  people: PeopleStore;
  caller: Caller;
  joinLimit: Limit;
}

/** Adds an event's people: who is there, invites, roles, and joining. */
export function peopleRoutes(app: App, deps: PeopleRoutes): void {
  const manager = managerBy(deps);
  app.get(
    '/api/events/:event_id/people',
    { schema: { params: EventParams, response: { 200: People } } },
    async (req) => {
      const { role } = await manager(req, req.params.event_id);
      return deps.people.list(req.params.event_id, role);
    },
  );
  inviteRoutes(app, deps);
  memberRoutes(app, deps);
  app.post('/api/join', { schema: { body: Join, response: { 200: Joined } } }, async (req, reply) => {
    await deps.joinLimit(req.ip);
    const { joined, session } = await deps.people.join(await deps.caller(req), req.body);
    if (session !== undefined) setSession(req, reply, session);
    return joined;
  });
}

function inviteRoutes(app: App, deps: PeopleRoutes): void {
  const url = '/api/events/:event_id/invites';
  const manager = managerBy(deps);
  const { invites } = deps.people;
  app.post(
    url,
    { schema: { params: EventParams, body: CreateInvite, response: { 201: InviteView } } },
    async (req, reply) => {
      const by = await manager(req, req.params.event_id);
      return reply.status(201).send(await invites.create(req.params.event_id, by, req.body));
    },
  );
  app.delete(
    `${url}/:invite_id`,
    { schema: { params: InviteParams, response: { 204: Nothing } } },
    async (req, reply) => {
      const by = await manager(req, req.params.event_id);
      await invites.revoke(req.params.event_id, by, req.params.invite_id);
      return reply.status(204).send(null);
    },
  );
}

function memberRoutes(app: App, deps: PeopleRoutes): void {
  const url = '/api/events/:event_id/people/:account_id';
  const manager = managerBy(deps);
  const { members } = deps.people;
  app.patch(
    url,
    { schema: { params: MemberParams, body: ChangeMember, response: { 200: MemberView } } },
    async (req) => {
      const by = await manager(req, req.params.event_id);
      return members.change(req.params.event_id, by, req.params.account_id, req.body.role);
    },
  );
  app.delete(url, { schema: { params: MemberParams, response: { 204: Nothing } } }, async (req, reply) => {
    const by = await manager(req, req.params.event_id);
    await members.remove(req.params.event_id, by, req.params.account_id);
    return reply.status(204).send(null);
  });
  app.post(
    `${url}/sign-in-link`,
    { schema: { params: MemberParams, response: { 201: SignInPath } } },
    async (req, reply) => {
      const { event_id, account_id } = req.params;
      const principal = await deps.caller(req);
      const own = principal.kind === 'account' && principal.accountId === account_id;
      await deps.access.check(principal, own ? 'event.see' : 'people.manage', event_id);
      const path = await deps.people.signInLink(accountOf(principal), event_id, account_id);
      req.log.info({ event_id, account_id, by: accountOf(principal).accountId }, 'sign-in link made');
      return reply.status(201).send({ path });
    },
  );
}

function managerBy({ access, caller }: PeopleRoutes) {
  return async (req: FastifyRequest, eventId: string): Promise<Manager> => {
    const principal = await caller(req);
    const role = roleOf(principal, await access.check(principal, 'people.manage', eventId));
    if (role === undefined) throw new Fault('forbidden', 'Your role does not allow this.');
    return { accountId: accountOf(principal).accountId, role };
  };
}
