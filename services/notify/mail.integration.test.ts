import type { ChangePreferences } from '@kilat/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failPhoto, testSecret } from '#internal/events/eventtest.ts';
import { mailTokensOf } from '#internal/notifications/mailtoken.ts';
import { recipientStore } from '#internal/notifications/recipients.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';
import { openPostOffice, type PostOffice } from './notifytest.ts';
import type { Mail } from './postboxtest.ts';

let office: PostOffice;

beforeEach(async () => {
  office = await openPostOffice();
});
afterEach(() => office[Symbol.asyncDispose]());

const subjects = () => office.mailbox.mails.map(({ to, parsed }) => `${to}: ${parsed.subject}`).sort();
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 50 });
const textOf = (subject: string): Mail => {
  const mail = office.mailbox.mails.find(({ parsed }) => parsed.subject === subject);
  if (mail === undefined) throw new Error(`no mail "${subject}"`);
  return mail;
};

test('an event that has ended is told of in the language of each who wants to know, as text and as HTML', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await office.addReader(await office.addMember('client'), 'klien@example.org', 'id');
  await office.addReader(await office.addMember('moderator'), 'moderator@example.org');
  await office.render(await event.addPhoto());
  const failed = await event.addPhoto();
  await failPhoto(event.journal, event.eventId, failed);
  const late = await event.addPhoto();
  await using _notify = await startTarget(main, office.env);
  await event.events.change(event.eventId, { state: 'closed' });
  await until(() =>
    expect(subjects()).toEqual([
      'klien@example.org: Foto-foto Ayu & Bram sudah siap',
      'owner@example.org: Ayu & Bram is over, and 1 photo is still on the way',
      'owner@example.org: Ayu & Bram: 1 photo has failed',
      'owner@example.org: The photos of Ayu & Bram are ready',
    ]),
  );
  const { parsed } = textOf('Foto-foto Ayu & Bram sudah siap');
  expect(parsed.text).toContain('Semua 1 foto sudah ada di galeri.');
  expect(parsed.text).toContain(`Lihat galeri: https://photos.example.org/e/${event.eventId}`);
  expect(parsed.html).toContain('<h1 style="font-size:20px;margin:0 0 16px">Foto-foto Ayu &amp; Bram sudah siap</h1>');
  expect(parsed.html).toContain('<html lang="id">');
  expect(parsed.messageId).toMatch(/^<[0-9a-f-]{36}@photos\.example\.org>$/);
  await office.render(late);
  await event.events.change(event.eventId, { title: 'Ayu and Bram' });
  await until(async () => expect((await office.notifications()).every(({ state }) => state === 'sent')).toBe(true));
  expect(office.mailbox.mails).toHaveLength(4);
});

test('who uploaded hears once that all is settled, however many jobs ended together', async () => {
  const { event } = office;
  const uploader = await office.addMember('photographer');
  await office.addReader(uploader, 'foto@example.org', 'id');
  await office.addReader(event.ownerId, 'owner@example.org');
  const photos = [await event.addPhoto(), await event.addPhoto(), await event.addPhoto()];
  await office.announce(uploader, photos.slice(0, 2));
  await office.announce(uploader, photos.slice(2));
  await using _notify = await startTarget(main, { ...office.env, NOTIFY_GATHER_SECONDS: '1' });
  for (const photo of photos) await office.render(photo);
  await until(() => expect(subjects()).toEqual(['foto@example.org: Ayu & Bram: unggahan Anda selesai']));
  expect(office.mailbox.mails[0]?.parsed.text).toContain('3 foto tersimpan dan siap.');
});

test('a link that ends soon is told of once', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await event.database.query(`update links set expires_at = '2099-01-01', revoked_at = null`);
  await event.database.query(
    `update links set expires_at = date_trunc('minute', now() + interval '20 hours') where event_id = $1`,
    [event.eventId],
  );
  for (let n = 0; n < 2; n++) {
    await using _notify = await startTarget(main, office.env);
    await until(() => expect(subjects()).toEqual(['owner@example.org: A link to Ayu & Bram ends soon']));
  }
  expect(office.mailbox.mails[0]?.parsed.text).toMatch(/Guests can open it until .* \(UTC\)\./);
});

test('an address gets nothing but a question until it is confirmed, and one click ends a kind of mail', async () => {
  const { event } = office;
  const recipients = recipientStore(event.database, mailTokensOf(testSecret));
  const wanted: ChangePreferences = {
    email: 'owner@example.org',
    language: 'en',
    zone: 'UTC',
    quiet: null,
    digest_at: '08:00',
    muted: [],
  };
  await recipients.change(event.ownerId, wanted);
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await using _notify = await startTarget(main, office.env);
  await until(() => expect(subjects()).toEqual(['owner@example.org: Is this your address?']));
  const asked = office.mailbox.mails[0]?.parsed.text ?? '';
  await recipients.confirm(/confirm\?token=(\S+)/.exec(asked)?.[1] ?? '');
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await until(() => expect(subjects()).toContain('owner@example.org: Ayu & Bram: 2 photos have failed'));
  const { parsed } = textOf('Ayu & Bram: 2 photos have failed');
  expect(parsed.headers.get('list')).toMatchObject({ 'unsubscribe-post': expect.anything() });
  const raw = textOf('Ayu & Bram: 2 photos have failed').raw.replaceAll(/\r\n\s+/g, ' ');
  expect(raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  const token =
    /List-Unsubscribe: <https:\/\/photos\.example\.org\/api\/notifications\/unsubscribe\?token=([^>]+)>/.exec(raw)?.[1];
  await recipients.unsubscribe(token ?? '');
  expect((await recipients.read(event.ownerId)).muted).toEqual(['failures_waiting']);
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await event.events.change(event.eventId, { state: 'closed' });
  await office.render(await event.addPhoto());
  await until(() => expect(subjects().some((one) => one.includes('ready'))).toBe(true));
  expect(subjects().filter((one) => one.includes('failed'))).toHaveLength(1);
  await expect(recipients.unsubscribe(`${token}x`)).rejects.toMatchObject({ code: 'mail_link_invalid' });
});

test('a mail server that is away costs no try, and one that refuses a reader ends the matter', async () => {
  const { event } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  const away = await startTarget(main, { ...office.env, SMTP_URL: 'smtp://127.0.0.1:1' });
  await until(async () => expect(await office.notifications()).toMatchObject([{ state: 'due', attempts: 0 }]));
  await away.stop();
  office.mailbox.refusal = { code: 550 };
  await event.database.query('update notifications set due_at = now()');
  await using _notify = await startTarget(main, office.env);
  await until(async () =>
    expect(await office.notifications()).toMatchObject([
      { state: 'failed', attempts: 1, error: 'The mail server answered 550.' },
    ]),
  );
});
