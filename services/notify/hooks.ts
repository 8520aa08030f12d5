import type { Entry } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import { notificationId } from '#internal/notifications/id.ts';
import type { NewNotification } from '#internal/notifications/rows.ts';
import type { FinishedJob } from './jobs.ts';

/** Is a webhook that still hears something. */
export interface Hook {
  webhookId: string;
  types: readonly string[];
}

/** Reads an event's webhooks. */
export function readHooks(from: Queryable, eventId: string): Promise<Hook[]> {
  const sql = `select webhook_id as "webhookId", types from webhooks where event_id = $1 and gone_at is null`;
  return from.query<Hook>(sql, [eventId]);
}

/** Makes what webhooks hear of entries: ids and facts, as the journal has them. */
export function entryHooks(hooks: readonly Hook[], entries: readonly Entry[]): NewNotification[] {
  return entries.flatMap((entry) => {
    const { epoch, event_id, seq, type, photo_id, recorded_at } = entry;
    const data = { ...entry.data, event_id, ...(photo_id !== null && { photo_id }), epoch, seq };
    return listeners(hooks, type).map(({ webhookId }) => ({
      id: notificationId(epoch, event_id, seq, webhookId),
      ...{ eventId: event_id, kind: type, channel: 'webhook' as const, targetId: webhookId },
      content: JSON.stringify({ type, timestamp: recorded_at, data }),
      dueAt: new Date(),
    }));
  });
}

/** Makes what webhooks hear of jobs that have ended; `epoch` keeps ids apart from those before a restore. */
export function jobHooks(hooks: readonly Hook[], epoch: string, jobs: readonly FinishedJob[]): NewNotification[] {
  const type = 'job.completed';
  return jobs.flatMap(({ event_id, job_id, status, total, completed, failed, stored }) =>
    listeners(hooks, type).map(({ webhookId }) => ({
      id: notificationId(epoch, event_id, type, job_id, status, webhookId),
      ...{ eventId: event_id, kind: type, channel: 'webhook' as const, targetId: webhookId },
      content: JSON.stringify({
        ...{ type, timestamp: new Date().toISOString() },
        data: { event_id, job_id, status, total, completed, failed, stored },
      }),
      dueAt: new Date(),
    })),
  );
}

function listeners(hooks: readonly Hook[], type: string): Hook[] {
  return hooks.filter(({ types }) => types.includes(type));
}
