import { OpenedLink, OpenLink, SessionView, SignIn } from '@kilat/contract';
import type { Principal } from '#internal/auth/principal.ts';
import type { Sessions } from '#internal/auth/sessions.ts';
import type { LinkStore, OpenedShare } from '#internal/events/links.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Limit } from '#internal/limit/limit.ts';
import { type Caller, clearSession, setSession } from '../caller.ts';
import { Nothing } from './params.ts';

/** Is what these routes need. */
export interface SessionRoutes {
  sessions: Sessions;
  links: LinkStore;
  caller: Caller;
  redeem: (token: string) => Promise<string>;
  signInLimit: Limit;
  linkLimit: Limit;
}

/** Adds sign-in by one-time link, sign-out, who am I, and opening a share link. */
export function sessionRoutes(app: App, deps: SessionRoutes): void {
  app.post('/api/sign-in', { schema: { body: SignIn, response: { 200: SessionView } } }, async (req, reply) => {
    await deps.signInLimit(req.ip);
    const session = await deps.sessions.beginAccount(await deps.redeem(req.body.token));
    setSession(req, reply, session);
    return viewOf(await deps.sessions.find(`kilat=${session.token}`));
  });
  app.post('/api/sign-out', { schema: { response: { 204: Nothing } } }, async (req, reply) => {
    await deps.sessions.end(req.headers.cookie);
    clearSession(req, reply);
    return reply.status(204).send(null);
  });
  app.get('/api/session', { schema: { response: { 200: SessionView } } }, async (req) =>
    viewOf(await deps.caller(req)),
  );
  app.post('/api/guest-sessions', { schema: { body: OpenLink, response: { 200: OpenedLink } } }, async (req, reply) => {
    await deps.linkLimit(req.ip);
    const link = await deps.links.open(req.body.token);
    const known = await deps.caller(req);
    if (!keeps(known, link)) setSession(req, reply, await deps.sessions.beginGuest(link));
    return { event_id: link.eventId };
  });
}

// Who is signed in stays signed in: the team opens its own links to look. A guest who opens the link once more stays the
// one whose uploads are on their way, and whose quota is counted.
function keeps(known: Principal, link: OpenedShare): boolean {
  if (known.kind === 'account') return true;
  return known.kind === 'guest' && known.linkId === link.linkId && known.linkGeneration === link.generation;
}

function viewOf(principal: Principal): SessionView {
  if (principal.kind === 'account') {
    const { accountId, name, role } = principal;
    return {
      kind: 'account',
      account: { account_id: accountId, name, role: role === 'owner' ? 'owner' : 'photographer' },
      event_id: null,
    };
  }
  return { kind: principal.kind, account: null, event_id: principal.kind === 'guest' ? principal.eventId : null };
}
