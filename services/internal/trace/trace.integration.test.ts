import { expect, test, vi } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { readSettings } from '../env/env.ts';
import { Fault } from '../fault/fault.ts';
import { openApp } from '../httpserver/httpserver.ts';
import { silentLog } from '../log/log.ts';
import { spansOf, startCollector } from './collectortest.ts';
import { parseHeaders } from './headers.ts';
import { openTracing } from './open.ts';
import { traceSettings } from './settings.ts';
import { currentTrace, follow, happened, parseTraceparent, span, within } from './trace.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const options = { headers: undefined, share: 1, service: 'kilat-upload', version: '1' };

test('spans go to the collector with their parent, ids and kind of failure, and with the headers that it wants', async () => {
  await using collector = await startCollector();
  const tracing = await openTracing({ ...options, endpoint: `${collector.url}/`, headers: 'x-key=a%20b, x-more=c' });
  const inner = await follow(parent, 'relay.publish', { seq: 1, photo_id: null }, async () => currentTrace());
  const failing = span('thumbnail', {}, async () => {
    throw new Fault('invalid', 'Ayu & Bram.jpg is not a photo', { code: 'not_a_photo' });
  });
  await expect(failing).rejects.toThrow('not a photo');
  happened(parent, 'live.send', { clients: 2 }, new Date(Date.now() - 1_000));
  await tracing[Symbol.asyncDispose]();
  const [first] = collector.taken;
  expect([first?.path, first?.headers['x-key'], first?.headers['x-more']]).toEqual(['/v1/traces', 'a b', 'c']);
  const [publish, thumbnail, sent] = spansOf(collector);
  const [, traceId, parentSpanId] = parent.split('-');
  expect(publish).toMatchObject({
    name: 'relay.publish',
    traceId,
    parentSpanId,
    attributes: { seq: 1 },
    failed: false,
  });
  expect(inner).toBe(`00-${traceId}-${publish?.spanId}-01`);
  expect(thumbnail).toMatchObject({ name: 'thumbnail', failed: true, attributes: { 'error.type': 'not_a_photo' } });
  expect(thumbnail).not.toHaveProperty('parentSpanId');
  expect(sent).toMatchObject({ name: 'live.send', traceId, parentSpanId });
  expect(collector.taken.map(({ body }) => body).join()).not.toContain('Ayu');
});

test('a collector that is away, or refuses, fails no work and holds no end up for long', async () => {
  for (const endpoint of [`http://127.0.0.1:${await freePort()}`, (await startCollector(500)).url]) {
    const tracing = await openTracing({ ...options, endpoint });
    expect(await span('upload.finish', {}, async () => 'stored')).toBe('stored');
    await tracing[Symbol.asyncDispose]();
  }
});

test('that a collector refuses is told once', async () => {
  await using collector = await startCollector(404);
  const onRefused = vi.fn();
  const tracing = await openTracing({ ...options, endpoint: collector.url, onRefused });
  for (let n = 0; n < 1_200; n++) await span('upload.finish', {}, async () => {});
  await tracing[Symbol.asyncDispose]();
  expect(collector.taken.length).toBeGreaterThan(1);
  expect(onRefused).toHaveBeenCalledOnce();
});

test('none is recorded of a share of nothing, and the trace is passed on as not recorded', async () => {
  await using collector = await startCollector();
  const tracing = await openTracing({ ...options, endpoint: collector.url, share: 0 });
  expect(await span('upload.finish', {}, async () => currentTrace())).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  await tracing[Symbol.asyncDispose]();
  expect(collector.taken).toEqual([]);
});

test('a caller gets no larger share than is set, and what our own processes hand on keeps its mark', async () => {
  await using collector = await startCollector();
  const app = openApp({ log: silentLog(), trustProxy: [] });
  app.get('/trace', async () => ({ trace: currentTrace() }));
  const asked = async () => (await app.inject({ url: '/trace', headers: { traceparent: parent } })).json().trace;
  const tracing = await openTracing({ ...options, endpoint: collector.url, share: 0 });
  expect(await asked()).toBe(parent.replace(/01$/, '00'));
  await follow(await asked(), 'upload.finish', {}, async () => {});
  await follow(parent, 'relay.publish', {}, async () => {});
  await tracing[Symbol.asyncDispose]();
  expect(spansOf(collector).map(({ name }) => name)).toEqual(['relay.publish']);
  await using _all = await openTracing({ ...options, endpoint: collector.url, share: 1 });
  expect(await asked()).toBe(parent);
  await app.close();
});

test.each(['key=100%', 'key', '=value', 'a key=1', 'key=a%0Ab'])('%j are no headers, and stop the start', (text) => {
  const read = () => readSettings(traceSettings, { OTEL_EXPORTER_OTLP_HEADERS: text });
  expect(read).toThrow(/OTEL_EXPORTER_OTLP_HEADERS: is not name=value pairs with commas, percent-encoded$/);
});

test('headers may be none, or hold what is percent-encoded', () => {
  expect(parseHeaders('')).toEqual({});
  expect(parseHeaders('authorization=Basic%20YTpi==, x-more=c,')).toEqual({
    authorization: 'Basic YTpi==',
    'x-more': 'c',
  });
});

test('without a collector a trace that came in is passed on as it came, and none begins', async () => {
  await using _tracing = await openTracing({ ...options, endpoint: undefined });
  expect(await follow(parent, 'relay.publish', {}, async () => currentTrace())).toBe(parent);
  expect(await span('upload.finish', {}, async () => currentTrace())).toBeUndefined();
  expect(within(parent, () => within(undefined, currentTrace))).toBeUndefined();
});

const wrong = [
  '',
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  `${parent}, ${parent}`,
  parent.toUpperCase(),
];
const zeros = [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`];
test.each([...wrong, ...zeros, ['a', 'b'], undefined])('%j is no traceparent', (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test('whether a caller is traced is decided once for a request', async () => {
  await using collector = await startCollector();
  const tracing = await openTracing({ ...options, endpoint: collector.url, share: 0.5 });
  const app = openApp({ log: silentLog(), trustProxy: [] });
  let atFirst: string | undefined;
  app.addHook('onRequest', async () => {
    atFirst = currentTrace();
  });
  app.get('/', async () => ({ isSame: atFirst === currentTrace() }));
  const asked = Array.from({ length: 40 }, () => ({ url: '/', headers: { traceparent: parent } }));
  for (const one of asked) expect((await app.inject(one)).json()).toEqual({ isSame: true });
  await tracing[Symbol.asyncDispose]();
});
