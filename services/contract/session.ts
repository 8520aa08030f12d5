import * as z from 'zod/mini';

/** Names what an account or a guest may be in an event. */
export const Role = z.enum(['owner', 'editor', 'photographer', 'moderator', 'client', 'guest']);
export type Role = z.infer<typeof Role>;

/** Describes the body of `POST /api/sign-in`: the one-time token behind `/sign-in#`. */
export const SignIn = z.object({ token: z.string().check(z.minLength(1), z.maxLength(200)) });
export type SignIn = z.infer<typeof SignIn>;

/** Describes who the caller is; `GET /api/session` answers 200 also for a stranger. */
export const SessionView = z.object({
  kind: z.enum(['account', 'guest', 'stranger']),
  account: z.nullable(z.object({ account_id: z.uuid(), name: z.string(), role: Role })),
  event_id: z.nullable(z.uuid()),
});
export type SessionView = z.infer<typeof SessionView>;
