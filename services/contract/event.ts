import * as z from 'zod/mini';

/** Names the states of an event: uploads need draft or live, guests see it while live or closed. */
export const EventState = z.enum(['draft', 'live', 'closed', 'archived']);
export type EventState = z.infer<typeof EventState>;

const Title = z.string().check(z.trim(), z.minLength(1), z.maxLength(200));
const Place = z.nullable(z.string().check(z.trim(), z.maxLength(200)));
const StartsOn = z.nullable(z.iso.date());

/** Describes an event as its guests and its team see it. */
export const EventView = z.object({
  event_id: z.uuid(),
  title: z.string(),
  starts_on: StartsOn,
  place: z.nullable(z.string()),
  state: EventState,
  /** Says that each new photo gets a compressed copy at full size, as rendition `web`. */
  web_originals: z.boolean(),
  photo_count: z.int(),
  created_at: z.iso.datetime(),
});
export type EventView = z.infer<typeof EventView>;

/** Describes the body of `POST /api/events`. */
export const CreateEvent = z.object({
  title: Title,
  starts_on: z.optional(StartsOn),
  place: z.optional(Place),
});
export type CreateEvent = z.infer<typeof CreateEvent>;

/** Describes the body of `PATCH /api/events/:event_id`; what is absent stays. */
export const ChangeEvent = z.object({
  title: z.optional(Title),
  starts_on: z.optional(StartsOn),
  place: z.optional(Place),
  state: z.optional(EventState),
  web_originals: z.optional(z.boolean()),
});
export type ChangeEvent = z.infer<typeof ChangeEvent>;

/** Describes the answer of `GET /api/events`: newest first, at most 200. */
export const EventList = z.object({ events: z.array(EventView) });
export type EventList = z.infer<typeof EventList>;
