import * as z from 'zod/mini';

/** Names the roles that an invite gives. */
export const InviteRole = z.enum(['editor', 'photographer', 'moderator']);
export type InviteRole = z.infer<typeof InviteRole>;

// Neither control characters nor what turns the direction of the text behind it.
const Name = z
  .string()
  .check(z.trim(), z.minLength(1), z.maxLength(100), z.regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u));

/** Describes the body of `POST /api/events/:event_id/invites`: one invite is one person, used once. */
export const CreateInvite = z.object({ role: InviteRole, name: z.optional(Name) });
export type CreateInvite = z.infer<typeof CreateInvite>;

/**
 * Describes an invite of `GET /api/events/:event_id/people`; `path` is `/join#<token>`, null once it is used, revoked or
 * expired, and for an editor where it makes an editor.
 */
export const InviteView = z.object({
  invite_id: z.uuid(),
  role: InviteRole,
  name: z.nullable(z.string()),
  path: z.nullable(z.string()),
  state: z.enum(['open', 'used', 'revoked', 'expired']),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type InviteView = z.infer<typeof InviteView>;

/** Names the roles that a member may have. */
export const MemberRole = z.enum(['owner', 'editor', 'photographer', 'moderator', 'client']);
export type MemberRole = z.infer<typeof MemberRole>;

/** Describes the body of `PATCH /api/events/:event_id/people/:account_id`, which answers a MemberView. */
export const ChangeMember = z.object({ role: MemberRole });
export type ChangeMember = z.infer<typeof ChangeMember>;

/** Describes a member of an event. */
export const MemberView = z.object({
  account_id: z.uuid(),
  name: z.string(),
  role: MemberRole,
  joined_at: z.iso.datetime(),
});
export type MemberView = z.infer<typeof MemberView>;

/** Describes the answer of `GET /api/events/:event_id/people`. */
export const People = z.object({ members: z.array(MemberView), invites: z.array(InviteView) });
export type People = z.infer<typeof People>;

/** Describes the body of `POST /api/join`: the invite's token, and a name for who has no account yet. */
export const Join = z.object({ token: z.string().check(z.minLength(1), z.maxLength(200)), name: z.optional(Name) });
export type Join = z.infer<typeof Join>;

/**
 * Describes the answer of `POST /api/join`; a new account's session comes as a cookie. Who has a part in the event already
 * keeps it: `already_member`, the role as it is, and the invite stays open for somebody else.
 */
export const Joined = z.object({ event_id: z.uuid(), role: MemberRole, already_member: z.boolean() });
export type Joined = z.infer<typeof Joined>;

/** Describes the answer of `POST /api/events/:event_id/people/:account_id/sign-in-link`: a one-time `/sign-in#<token>`. */
export const SignInPath = z.object({ path: z.string() });
export type SignInPath = z.infer<typeof SignInPath>;

const Amount = z.nullable(z.int().check(z.minimum(0)));

/** Describes what may be uploaded in a period; null is no limit, bytes are bytes. */
export const QuotaAmounts = z.object({ photos: Amount, bytes: Amount });
export type QuotaAmounts = z.infer<typeof QuotaAmounts>;

/** Describes the body of `PUT /api/events/:event_id/quota`: an event's limits a day (UTC) and in all. */
export const EventQuota = z.object({ day: QuotaAmounts, total: QuotaAmounts });
export type EventQuota = z.infer<typeof EventQuota>;

/** Describes the answer of `GET /api/events/:event_id/quota`: limits, and what is used or reserved. */
export const QuotaView = z.object({
  limits: EventQuota,
  used: z.object({
    day: z.object({ photos: z.int(), bytes: z.int() }),
    total: z.object({ photos: z.int(), bytes: z.int() }),
  }),
});
export type QuotaView = z.infer<typeof QuotaView>;
