import * as z from 'zod/mini';

/** Describes a share link as the studio shows it; `path` is `/g/<token>`, the only URL that carries the token. */
export const LinkView = z.object({
  link_id: z.uuid(),
  kind: z.enum(['guest']),
  path: z.string(),
  may_upload: z.boolean(),
  created_at: z.iso.datetime(),
  expires_at: z.nullable(z.iso.datetime()),
  revoked_at: z.nullable(z.iso.datetime()),
});
export type LinkView = z.infer<typeof LinkView>;

/** Describes the body of `POST /api/events/:event_id/links`; guests of a link look, and upload where it says so. */
export const CreateLink = z.object({ may_upload: z._default(z.boolean(), false) });
export type CreateLink = z.input<typeof CreateLink>;

/** Describes the answer of `GET /api/events/:event_id/links`. */
export const LinkList = z.object({ links: z.array(LinkView) });
export type LinkList = z.infer<typeof LinkList>;

/** Describes the body of `POST /api/guest-sessions`: the token of a share link. */
export const OpenLink = z.object({ token: z.string().check(z.minLength(1), z.maxLength(200)) });
export type OpenLink = z.infer<typeof OpenLink>;

/** Describes the answer of `POST /api/guest-sessions`; the session comes as a cookie. */
export const OpenedLink = z.object({ event_id: z.uuid() });
export type OpenedLink = z.infer<typeof OpenedLink>;
