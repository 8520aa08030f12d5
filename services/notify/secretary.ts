import type { Language, MailKind } from '@kilat/contract';
import type { Database, Transaction } from '#internal/database/database.ts';
import { notificationId } from '#internal/notifications/id.ts';
import type { MailTokens } from '#internal/notifications/mailtoken.ts';
import { insertNotifications } from '#internal/notifications/rows.ts';
import { type Gathered, pageOf, readFacts } from './facts.ts';
import { writeLetter } from './letters.ts';
import type { Facts } from './words.ts';

/** Is what writing letters needs: where this install is, and what signs its links. */
export interface SecretaryDeps {
  database: Database;
  origin: string;
  tokens: MailTokens;
}

/** Is who gets a letter. */
export interface Addressee {
  recipientId: string;
  language: Language;
  zone: string;
}

/** Writes what was gathered and is due, one letter in one commit, until nothing is; returns how many. */
export async function writeDue(deps: SecretaryDeps): Promise<number> {
  for (let n = 0; ; n++) if (!(await deps.database.transaction((tx) => writeNext(tx, deps)))) return n;
}

async function writeNext(tx: Transaction, deps: SecretaryDeps): Promise<boolean> {
  const [gathered] = await tx.query<Gathered & Addressee & { epoch: string }>(
    `delete from gatherings g using recipients r, installation i
     where r.recipient_id = g.recipient_id and (g.event_id, g.kind, g.recipient_id) = (
       select event_id, kind, recipient_id from gatherings where due_at <= now() order by due_at limit 1 for update skip locked)
     returning g.event_id as "eventId", g.kind, g.recipient_id as "recipientId", g.from_seq as "fromSeq", g.items,
       r.language, r.zone, i.epoch`,
  );
  if (gathered === undefined) return false;
  const facts = await readFacts(tx, gathered);
  const { epoch, eventId, kind, recipientId, fromSeq } = gathered;
  if (facts !== undefined)
    await oweLetter(tx, deps, { ...gathered, id: notificationId(epoch, eventId, kind, recipientId, fromSeq), facts });
  return true;
}

/** Owes a letter about an event: its content is written now, and stays. */
export async function oweLetter(
  tx: Transaction,
  { origin, tokens }: SecretaryDeps,
  letter: Addressee & { id: string; eventId: string; kind: MailKind; facts: Omit<Facts, 'url' | 'zone'> },
): Promise<void> {
  const { id, eventId, kind, recipientId, language, zone } = letter;
  const token = tokens.sign({ purpose: 'unsubscribe', recipientId, about: kind });
  const written = writeLetter({
    ...{ kind, language },
    facts: { ...letter.facts, zone, url: `${origin}${pageOf(kind, eventId)}` },
    unsubscribe: `${origin}/api/notifications/unsubscribe?token=${token}`,
  });
  const content = JSON.stringify(written);
  await insertNotifications(tx, [
    { id, eventId, kind, channel: 'email', targetId: recipientId, content, dueAt: new Date() },
  ]);
}
