import type { Database, Transaction } from '#internal/database/database.ts';
import { notificationId } from '#internal/notifications/id.ts';
import { afterQuiet, type Hours } from '#internal/notifications/quiet.ts';
import { insertNotifications } from '#internal/notifications/rows.ts';
import { writeLetter } from './letters.ts';
import { readReaders } from './readers.ts';
import { oweLetter, type SecretaryDeps } from './secretary.ts';

const keepDays = 30;
const warnHours = 72;

/** Asks who gave an address whether it is theirs, one address in one commit, until none is to be asked. */
export async function askAddresses(deps: SecretaryDeps): Promise<void> {
  while (await deps.database.transaction((tx) => askNext(tx, deps)));
}

async function askNext(tx: Transaction, { origin, tokens }: SecretaryDeps): Promise<boolean> {
  const [row] = await tx.query<{ recipientId: string; email: string; language: 'en' | 'id'; zone: string; at: Date }>(
    `update recipients set asked_at = now() where recipient_id = (
       select recipient_id from recipients where email is not null and confirmed_at is null and asked_at is null
       order by created_at limit 1 for update skip locked)
     returning recipient_id as "recipientId", email, language, zone, asked_at as at`,
  );
  if (row === undefined) return false;
  const { recipientId, email, language, zone, at } = row;
  const [kind, about] = ['confirm_address' as const, tokens.markOf(email)];
  const url = `${origin}/api/notifications/confirm?token=${tokens.sign({ purpose: 'confirm', recipientId, about })}`;
  const facts = { title: '', url, count: 0, failed: 0, at: null, zone };
  const content = JSON.stringify(writeLetter({ kind, language, facts, unsubscribe: null }));
  const id = notificationId(kind, recipientId, about, at.toISOString());
  await insertNotifications(tx, [
    { id, eventId: null, kind, channel: 'email', targetId: recipientId, content, dueAt: new Date() },
  ]);
  return true;
}

/** Warns an event's owners and editors of links that end within three days, once of each end. */
export async function warnOfLinks(deps: SecretaryDeps): Promise<void> {
  const links = await deps.database.query<{ epoch: string; eventId: string; linkId: string; title: string; at: Date }>(
    `select l.event_id as "eventId", l.link_id as "linkId", l.expires_at as at, e.title, i.epoch
     from links l join events e using (event_id) cross join installation i
     where l.revoked_at is null and l.expires_at between now() and now() + interval '${warnHours} hours'
       and e.state in ('live', 'closed')`,
  );
  const kind = 'link_expiring';
  for (const { epoch, eventId, linkId, title, at } of links)
    await deps.database.transaction(async (tx) => {
      for (const reader of await readReaders(tx, eventId, kind)) {
        if (!isNow(reader)) continue;
        const id = notificationId(epoch, kind, linkId, at.toISOString(), reader.recipientId);
        const facts = { title, count: 0, failed: 0, at: at.toISOString() };
        await oweLetter(tx, deps, { ...reader, id, eventId, kind, facts });
      }
    });
}

function isNow(hours: Hours): boolean {
  const now = new Date();
  return afterQuiet(now, hours) === now;
}

/** Forgets notifications that were settled 30 days ago. */
export async function forgetOld(database: Database): Promise<void> {
  await database.query(
    `delete from notifications where notification_id in (
       select notification_id from notifications where settled_at < now() - interval '${keepDays} days' limit 5000)`,
  );
}
