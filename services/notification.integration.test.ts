import { streams } from '@kilat/contract';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestBus, type TestBus } from '#internal/bus/bustest.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { signatureOf } from './notify/channels/webhook.ts';
import { main as notify } from './notify/main.ts';
import { openPostOffice, type PostOffice } from './notify/notifytest.ts';
import { main as relay } from './relay/main.ts';

let office: PostOffice;
let nats: TestBus;

beforeEach(async () => {
  [office, nats] = await Promise.all([openPostOffice(), startTestBus()]);
});
afterEach(async () => {
  await nats[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 20 });
const typesHeard = () => office.receiver.requests.map(({ body }) => JSON.parse(body.toString()).type);

/** Reads how many entries the durable has acknowledged and how many it has not. */
async function readDurable() {
  await using connection = await connect({ servers: nats.url }).then((one) => ({
    one,
    [Symbol.asyncDispose]: () => one.close(),
  }));
  const manager = await jetstreamManager(connection.one);
  const { ack_floor, num_pending, num_ack_pending } = await manager.consumers.info(streams.journal, 'notify');
  return { acked: ack_floor.consumer_seq, open: num_pending + num_ack_pending };
}

test('a webhook hears the entries that it asked for and the end of a job, each signed, whatever becomes of the stream', async () => {
  const { event, receiver } = office;
  const types = ['photo.stored', 'photo.rendered', 'job.completed'];
  const { secret } = await office.webhooks.create(event.eventId, { url: receiver.url, types });
  // So seldom that what comes at once came by the stream.
  const env = { ...office.env, NATS_URL: nats.url, NOTIFY_POLL_MS: '3000' };
  await using _relay = await startTarget(relay, env);
  await using _notify = await startTarget(notify, env);
  const photo = await event.addPhoto();
  await until(() => expect(typesHeard()).toEqual(['photo.stored']));
  await until(async () =>
    expect(await readDurable()).toMatchObject({ acked: expect.toSatisfy((n) => n > 0), open: 0 }),
  );
  await nats.wipe();
  const job = await office.announce(event.ownerId, [photo]);
  await office.render(photo);
  await until(() => expect(typesHeard().sort()).toEqual(['job.completed', 'photo.rendered', 'photo.stored']));
  for (const { headers, body, id } of receiver.requests) {
    const timestamp = Number(headers['webhook-timestamp']);
    expect(Math.abs(Date.now() / 1_000 - timestamp)).toBeLessThan(60);
    expect(headers['webhook-signature']).toBe(signatureOf(secret, id, timestamp, body.toString()));
  }
  const [stored] = receiver.requests;
  expect(JSON.parse(stored?.body.toString() ?? '').data).toMatchObject({ event_id: event.eventId, photo_id: photo });
  const done = receiver.requests
    .map(({ body }) => JSON.parse(body.toString()))
    .find(({ type }) => type === 'job.completed');
  expect(done.data).toMatchObject({ job_id: job, status: 'COMPLETED', total: 1 });
});
