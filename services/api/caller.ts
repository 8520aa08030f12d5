import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountPrincipal, Principal } from '#internal/auth/principal.ts';
import { cookieName, type NewSession, type Sessions } from '#internal/auth/sessions.ts';
import { Fault } from '#internal/fault/fault.ts';

const oneMinute = 60;

/** Finds out who asks. */
export type Caller = (req: FastifyRequest) => Promise<Principal>;

/** Makes a caller look-up by session cookie. */
export function callerOf(sessions: Sessions): Caller {
  return (req) => sessions.find(req.headers.cookie);
}

/** Gives the account that asks; throws unauthenticated for anybody else. */
export function accountOf(principal: Principal): AccountPrincipal {
  if (principal.kind === 'account') return principal;
  throw new Fault('unauthenticated', 'Sign in first.');
}

/** Puts a session into the caller's cookie: unreadable to scripts, sent to this origin alone. */
export function setSession(req: FastifyRequest, reply: FastifyReply, session: NewSession): void {
  void reply.header('set-cookie', cookieOf(req, session.token, session.maxAgeSeconds - oneMinute));
}

/** Takes the session out of the caller's cookie. */
export function clearSession(req: FastifyRequest, reply: FastifyReply): void {
  void reply.header('set-cookie', cookieOf(req, '', 0));
}

function cookieOf(req: FastifyRequest, value: string, maxAge: number): string {
  const secure = req.protocol === 'https';
  return `${cookieName(secure)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}
