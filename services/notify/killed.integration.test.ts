import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failPhoto } from '#internal/events/eventtest.ts';
import { type Child, startChild } from '../../deploy/local/child.ts';
import { freePort } from '../../deploy/local/port.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { openPostOffice, type PostOffice } from './notifytest.ts';
import { contentsSeen } from './postboxtest.ts';

type Place = 'mailbox' | 'receiver';
type Step = 'connected' | 'came';
const kills: [Place, Step][] = [
  ['receiver', 'connected'],
  ['receiver', 'came'],
  ['mailbox', 'came'],
];
const schedule: [Place, Step][] =
  process.env.KILAT_TEST_SIZE === 'full' ? [...kills, ['mailbox', 'connected'], ...kills, ...kills] : kills;
const hookTypes = ['photo.stored', 'photo.rendered', 'job.completed'];
const mailKinds = ['gallery_ready', 'upload_finished', 'failures_waiting'];
let office: PostOffice;
let child: Child | undefined;

beforeEach(async () => {
  office = await openPostOffice();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await office[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  child = startChild({
    name: 'notify',
    command: [process.execPath, fileURLToPath(new URL('../main.ts', import.meta.url)), 'serve', '--target=notify'],
    logFile: join(temporaryFolder(), 'notify.log'),
    env: {
      PATH: process.env.PATH,
      ...office.env,
      NOTIFY_LEASE_SECONDS: '1',
      ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
    },
  });
}

/** Runs the target until it has come to a step of a channel, and kills it there: at `came` all was sent, nothing noted. */
async function killAt(place: Place, step: Step): Promise<void> {
  const killed = Promise.withResolvers<void>();
  const { hooks } = office[place];
  hooks[step] = () => {
    hooks[step] = undefined;
    child?.kill('SIGKILL');
    killed.resolve();
  };
  await start();
  await killed.promise;
  await child?.exited;
}

test('an id is never seen with two contents, and nothing is missed, wherever the target is killed', async () => {
  const { event, mailbox, receiver } = office;
  await office.addReader(event.ownerId, 'owner@example.org');
  const [photographer, client] = [await office.addMember('photographer'), await office.addMember('client')];
  await office.addReader(photographer, 'foto@example.org', 'id');
  await office.addReader(client, 'klien@example.org', 'id');
  const url = receiver.url;
  await office.webhooks.create(event.eventId, { url, types: hookTypes });
  const photos: string[] = [];
  for (let n = 0; n < 5; n++) photos.push(await event.addPhoto());
  await office.announce(photographer, photos);
  for (const photo of photos) await office.render(photo);
  await failPhoto(event.journal, event.eventId, await event.addPhoto());
  await event.events.change(event.eventId, { state: 'closed' });
  for (const [place, step] of schedule) {
    // Something is owed by each way whenever it is killed there.
    await failPhoto(event.journal, event.eventId, await event.addPhoto());
    await killAt(place, step);
  }
  await start();
  const heard = 2 * photos.length + 2 + schedule.length;
  const settled = async () => {
    const owed = await office.notifications();
    expect(owed.filter(({ channel }) => channel === 'webhook')).toHaveLength(heard);
    expect(new Set(owed.map(({ kind }) => kind))).toEqual(new Set([...hookTypes, ...mailKinds]));
    expect(owed.filter(({ state }) => state !== 'sent')).toEqual([]);
    return owed;
  };
  const owed = await vi.waitFor(settled, { interval: 100 });
  const seen = contentsSeen(receiver, mailbox);
  expect([...seen.keys()].sort()).toEqual(owed.map(({ id }) => id).sort());
  expect([...seen.values()].filter((hashes) => hashes.size > 1)).toEqual([]);
  // What was sent and not noted comes again: once by each channel at least.
  expect(receiver.requests.length + mailbox.mails.length).toBeGreaterThanOrEqual(owed.length + 2);
});
