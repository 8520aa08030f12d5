import { expect, vi } from 'vitest';
import type { TestEvent } from '#internal/events/eventtest.ts';
import type { Browser } from './notify/browsertest.ts';
import { openPostOffice, type PostOffice } from './notify/notifytest.ts';
import { contentsSeen } from './notify/postboxtest.ts';

/** Is who is told of an event by mail, webhook and push, and compares ids. */
export type Readers = Awaited<ReturnType<typeof openReaders>>;

const ofPhotos = ['photo.stored', 'photo.rendered', 'photo.backed_up'];
const failingEvery = 97;

/** Opens readers of an event by every channel; now and then the webhook's receiver fails after it has read. */
export async function openReaders(event: TestEvent) {
  const office = await openPostOffice(event);
  await office.addReader(event.ownerId, 'owner@example.org');
  await office.addReader(await office.addMember('client'), 'klien@example.org', 'id');
  const types = [...ofPhotos, 'job.completed'];
  await office.webhooks.create(event.eventId, { url: office.receiver.url, types });
  const browser = await office.subscribe('/push');
  office.receiver.answer = () => (office.receiver.requests.length % failingEvery === 0 ? 500 : 204);
  return {
    office,
    /** Waits until nothing is owed any more, and holds what came against what should have. */
    expectToldOnce: (photoIds: readonly string[], timeout: number) =>
      vi.waitFor(() => holdTold(office, browser, photoIds), { timeout, interval: 200 }),
    [Symbol.asyncDispose]: () => office[Symbol.asyncDispose](),
  };
}

async function holdTold(office: PostOffice, browser: Browser, photoIds: readonly string[]): Promise<void> {
  const owed = await office.notifications();
  expect(owed.filter(({ state }) => state !== 'sent')).toEqual([]);
  const seen = contentsSeen(office.receiver, office.mailbox);
  expect([...seen.values()].filter((contents) => contents.size > 1)).toEqual([]);
  const byPush = owed.filter(({ channel }) => channel === 'push').map(({ id }) => id);
  expect(new Set([...seen.keys(), ...pushesOf(office, browser)])).toEqual(new Set(owed.map(({ id }) => id)));
  expect(byPush.length).toBeGreaterThan(0);
  expect(hooksHeard(office)).toEqual(
    [...ofPhotos.flatMap((type) => photoIds.map((id) => `${type} ${id}`)), 'job.completed'].sort(),
  );
  expect(mailsHeard(office)).toEqual([
    'klien@example.org: Foto-foto Ayu & Bram sudah siap',
    'owner@example.org: Ayu & Bram: your upload is complete',
    'owner@example.org: The photos of Ayu & Bram are ready',
  ]);
}

/** Lists what the receiver heard of, each id once. */
function hooksHeard({ receiver }: PostOffice): string[] {
  const bodies = new Map(receiver.requests.filter(({ path }) => path === '/hook').map(({ id, body }) => [id, body]));
  return [...bodies.values()]
    .map((body) => JSON.parse(body.toString()) as { type: string; data: { photo_id?: string } })
    .map(({ type, data }) => [type, data.photo_id].filter(Boolean).join(' '))
    .sort();
}

function mailsHeard({ mailbox }: PostOffice): string[] {
  const mails = new Map(mailbox.mails.map((mail) => [mail.parsed.headers.get('x-kilat-notification'), mail]));
  return [...mails.values()].map(({ to, parsed }) => `${to}: ${parsed.subject}`).sort();
}

function pushesOf({ receiver }: PostOffice, browser: Browser): string[] {
  const messages = receiver.requests.filter(({ path }) => path === '/push').map(({ body }) => browser.read(body));
  return messages.map(({ notification_id }) => notification_id);
}
