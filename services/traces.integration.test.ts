import { notifyDurable, streams } from '@kilat/contract';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testSecret } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { walkChain } from '#internal/recovery/chain.ts';
import { type Collector, type Span, spansOf, startCollector } from '#internal/trace/collectortest.ts';
import { openTracing } from '#internal/trace/open.ts';
import { freePort } from '../deploy/local/port.ts';
import { temporaryFolder } from '../deploy/local/testing.ts';
import { watch } from './live/livetest.ts';
import { loadTarget } from './targets.ts';
import { oriented } from './thumbnail/phototest.ts';
import { type Darkroom, openDarkroom } from './thumbnail/thumbnailtest.ts';

const names = ['upload', 'api', 'relay', 'thumbnail', 'live', 'notify'] as const;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

let room: Darkroom;
let targets: TestTarget[];
const ports = { api: 0, upload: 0, live: 0 };

beforeEach(async () => {
  room = await openDarkroom();
  for (const name of ['api', 'upload', 'live'] as const) ports[name] = await freePort();
  const env = {
    ...{ ...room.env, KILAT_SECRET: testSecret, SPOOL_DIR: temporaryFolder(), LIVE_GRACE_SECONDS: '0' },
    ...{ API_LISTEN: `127.0.0.1:${ports.api}`, UPLOAD_LISTEN: `127.0.0.1:${ports.upload}` },
    ...{ LIVE_LISTEN: `127.0.0.1:${ports.live}`, UPLOAD_URL: `http://127.0.0.1:${ports.upload}` },
    ...{ PUBLIC_ORIGIN: `http://127.0.0.1:${ports.api}` },
  };
  targets = await Promise.all(names.map(async (name) => startTarget((await loadTarget(name)).main, env)));
});
afterEach(async () => {
  await Promise.all(targets.map((target) => target.stop()));
  await room[Symbol.asyncDispose]();
});

/** Sends a photo through api and upload, and waits until a guest has it sharp. */
async function send(headers: Record<string, string>): Promise<string> {
  const { event } = room;
  const guest = watch(`http://127.0.0.1:${ports.live}/live/events/${event.eventId}`, event.cookies.guest, undefined);
  await vi.waitFor(() => expect(guest.hellos).toHaveLength(1));
  const form = new FormData();
  form.append('photos', new Blob([new Uint8Array(await oriented(1))]), 'Ayu & Bram.jpg');
  const url = `http://127.0.0.1:${ports.api}/api/events/${event.eventId}/photos/batch`;
  const cookie = event.cookies.photographer;
  const answer = await fetch(url, { method: 'POST', headers: { cookie, ...headers }, body: form });
  expect(answer.status).toBe(201);
  const heard = () => guest.frames.flatMap(({ entries }) => entries);
  await vi.waitFor(() => expect(heard().map(({ type }) => type)).toContain('photo.rendered'));
  await guest.stop();
  return heard().at(-1)?.photo_id ?? '';
}

interface Told {
  subject: string;
  traceparent: string | undefined;
  text: string;
}

async function messagesOf(stream: string): Promise<Told[]> {
  const connection = await connect({ servers: room.nats.url });
  const { messages } = (await (await jetstreamManager(connection)).streams.info(stream)).state;
  const consumer = await jetstream(connection).consumers.get(stream);
  const told: Told[] = [];
  for await (const message of await consumer.consume()) {
    const { subject, headers } = message;
    told.push({ subject, traceparent: headers?.get('traceparent') || undefined, text: message.string() });
    if (told.length >= messages) break;
  }
  await connection.close();
  return told;
}

function pathTo(span: Span, spans: readonly Span[]): string {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return parent === undefined ? span.name : `${pathTo(parent, spans)} > ${span.name}`;
}

async function untilSpans(collector: Collector, tracing: AsyncDisposable): Promise<Span[]> {
  const left = async () => (await room.nats.bus.lag(notifyDurable)).unacked;
  await vi.waitFor(async () => expect(await left()).toBe(0));
  await tracing[Symbol.asyncDispose]();
  return spansOf(collector).filter((one) => one.traceId === traceId);
}

test('one trace goes with a photo from the request that brought it through journal and bus to its guests', async () => {
  await using collector = await startCollector();
  const options = { headers: undefined, share: 1, service: 'kilat', version: '1' };
  const tracing = await openTracing({ ...options, endpoint: collector.url });
  const photoId = await send({ traceparent });
  const spans = await untilSpans(collector, tracing);
  const paths = new Set(spans.map((one) => pathTo(one, spans)));
  const stored = 'upload.finish';
  const rendered = `${stored} > relay.publish > thumbnail`;
  expect([...paths].sort()).toEqual(
    expect.arrayContaining([
      stored,
      `${stored} > live.send`,
      `${stored} > relay.publish`,
      rendered,
      `${rendered} > live.send`,
      `${rendered} > relay.publish`,
    ]),
  );
  expect(spans.find(({ name }) => name === 'thumbnail')?.attributes).toMatchObject({
    photo_id: photoId,
    generation: 1,
  });
  expect(spans.some(({ name }) => name === 'notify.follow')).toBe(true);
  expect(spans.find(({ name }) => name === stored)?.parentSpanId).toBe('b7ad6b7169203331');
  expect(collector.taken.map(({ body }) => body).join()).not.toContain('Ayu');
});

test('the journal keeps the trace beside its entries: neither their chain nor what is published of them knows it', async () => {
  const photoId = await send({ traceparent });
  const { database, eventId } = room.event;
  const rows = await database.query<{ type: string; data: unknown; traceparent: string | null }>(
    'select type, data, traceparent from journal where event_id = $1 and photo_id = $2 order by seq',
    [eventId, photoId],
  );
  expect(new Set(rows.map((row) => row.traceparent))).toEqual(new Set([traceparent]));
  expect(JSON.stringify(rows.map(({ data }) => data))).not.toContain(traceId);
  expect((await walkChain(database, eventId)).brokenAt).toBeUndefined();
  for (const stream of [streams.journal, streams.work]) {
    const told = (await messagesOf(stream)).filter(({ text }) => text.includes(photoId));
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((one) => one.traceparent === traceparent && !one.text.includes(traceId))).toBe(true);
  }
});

test('a photo that came without a trace has none, and nothing of it is recorded', async () => {
  const photoId = await send({ traceparent: 'rubbish' });
  const told = [...(await messagesOf(streams.journal)), ...(await messagesOf(streams.work))];
  expect(told.filter(({ text }) => text.includes(photoId)).map((one) => one.traceparent)).not.toContainEqual(
    expect.any(String),
  );
});
