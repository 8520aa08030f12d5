import * as z from 'zod';

/** Matches the path of an event's resources. */
export const EventParams = z.object({ event_id: z.uuid() });

/** Matches the path of a photo. */
export const PhotoParams = z.object({ event_id: z.uuid(), photo_id: z.uuid() });

/** Matches the path of a share link. */
export const LinkParams = z.object({ event_id: z.uuid(), link_id: z.uuid() });

/** Matches the path of a job. */
export const JobParams = z.object({ event_id: z.uuid(), job_id: z.uuid() });

/** Matches the path of an invite. */
export const InviteParams = z.object({ event_id: z.uuid(), invite_id: z.uuid() });

/** Matches the path of a member. */
export const MemberParams = z.object({ event_id: z.uuid(), account_id: z.uuid() });

/** Matches the path of a webhook. */
export const WebhookParams = z.object({ event_id: z.uuid(), webhook_id: z.uuid() });

/** Matches the path of a notification. */
export const NotificationParams = z.object({ event_id: z.uuid(), notification_id: z.uuid() });

/** Is an answer without a body. */
export const Nothing = z.null();
