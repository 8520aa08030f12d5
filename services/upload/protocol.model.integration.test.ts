import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { ask, begin, checksum, create, head, patch } from './protocoltest.ts';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

const length = 300_000;
let upload: TestUpload;
let photo: Buffer;
// A machine under load may keep a server waiting too long once; clients ask where they stand and go on.
let unavailable = 0;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(length);
});
afterAll(() => upload[Symbol.asyncDispose]());

/** Is all that the protocol lets a client know of one upload. */
interface Model {
  offset: number;
  state: 'open' | 'stored' | 'ended';
}
interface Real {
  url: string;
}
type Command = fc.AsyncCommand<Model, Real>;

/** Makes a command: what it does, and the status that the model expects of it before it changes. */
function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check = (_model: Readonly<Model>) => true,
): Command {
  return { check: (model) => check(model), run, toString: () => name };
}

const creating = fc.constant(
  command(
    'create',
    async (model, real) => {
      real.url = await create(upload, length);
      Object.assign(model, { offset: 0, state: 'open' });
    },
    ({ state }) => state !== 'open',
  ),
);

const asking = fc.constant(
  command('head', async (model, real) => {
    const { status, headers } = await head(upload, real.url);
    const want = model.state === 'ended' ? { status: 410 } : { status: 200, offset: String(model.offset) };
    expect({ status, offset: headers['upload-offset'] }).toEqual(want);
  }),
);

const ending = fc.constant(
  command('delete', async (model, real) => {
    const { status } = await ask(upload, 'DELETE', real.url);
    expect(status).toBe({ open: 204, stored: 409, ended: 410 }[model.state]);
    if (model.state === 'open') model.state = 'ended';
  }),
);

const size = fc.oneof(fc.integer({ min: 0, max: length }), fc.constant(length), fc.constant(1));
const sum = fc.constantFrom('none', 'right', 'wrong', 'right trailer', 'wrong trailer');

function withSum(kind: string, body: Uint8Array) {
  const value = checksum('sha1', kind.startsWith('right') ? body : Buffer.from('other'));
  if (kind === 'none') return { body };
  if (!kind.endsWith('trailer')) return { body, headers: { 'upload-checksum': value } };
  return { body, headers: { trailer: 'upload-checksum' }, trailers: { 'upload-checksum': value } };
}

/** Tells the status of a PATCH, as the protocol's text orders the reasons against it. */
function statusOf(model: Model, at: number, bytes: number, kind: string): number {
  if (model.state === 'ended') return 410;
  if (at !== model.offset) return 409;
  if (at + bytes > length) return 413;
  return kind.startsWith('wrong') ? 460 : 204;
}

const sending = fc
  .tuple(fc.constantFrom(0, 0, 0, 0, -1, 1, 5_000), size, fc.boolean(), sum)
  .map(([shift, bytes, fits, kind]) =>
    command(
      `patch ${bytes} bytes at ${shift}, ${fits ? 'fitting' : 'whatever fits or not'}, checksum ${kind}`,
      async (model, real) => {
        const at = Math.max(0, model.offset + shift);
        const body = Buffer.alloc(fits ? Math.min(bytes, Math.max(0, length - at)) : bytes);
        photo.copy(body, 0, Math.min(at, length));
        const { status, headers } = await patch(upload, real.url, at, withSum(kind, body));
        if (status === 503) {
          unavailable++;
          return await stand(model, real, body.length);
        }
        expect(status).toBe(statusOf(model, at, body.length, kind));
        if (status !== 204) return;
        move(model, model.offset + body.length);
        expect(headers['upload-offset']).toBe(String(model.offset));
      },
    ),
  );

const cutting = fc.tuple(size, fc.boolean()).map(([bytes, checked]) =>
  command(
    `cut after ${bytes} bytes, ${checked ? 'with' : 'without'} a checksum`,
    async (model, real) => {
      const rest = photo.subarray(model.offset);
      const came = rest.subarray(0, Math.min(bytes, rest.length - 1));
      const headers: Record<string, string> = checked ? { 'upload-checksum': checksum('sha1', rest) } : {};
      const writing = begin(upload, real.url, { offset: model.offset, length: rest.length, first: came, headers });
      await arrived(real.url);
      await writing.cut();
      await stand(model, real, checked ? 0 : came.length);
    },
    ({ state }) => state === 'open',
  ),
);

function move(model: Model, offset: number): void {
  model.offset = offset;
  if (offset === length) model.state = 'stored';
}

/** Learns as a client does where the upload stands: what was under way may have come or not, what was told was stored. */
async function stand(model: Model, real: Real, underWay: number): Promise<void> {
  const offset = Number((await head(upload, real.url)).headers['upload-offset']);
  expect(offset).toBeGreaterThanOrEqual(model.offset);
  expect(offset).toBeLessThanOrEqual(model.offset + underWay);
  move(model, offset);
}

async function arrived(url: string): Promise<void> {
  const held = 'select 1 from uploads where photo_id = $1 and holder is not null';
  await expect.poll(() => upload.database.query(held, [url.split('/').at(-1)]), { interval: 5 }).toHaveLength(1);
}

async function storedHash(url: string): Promise<string> {
  const object = await upload.objects.get(originalKey(upload.eventId, url.split('/').at(-1) ?? '', 1));
  return sha256(Buffer.concat((await object?.body.toArray()) ?? []));
}

test('any sequence of requests gets the answers that the protocol names, and what is complete is the photo', async () => {
  const commands = fc.commands([creating, asking, ending, sending, sending, sending, cutting], { maxCommands: 20 });
  const property = fc.asyncProperty(commands, async (sequence) => {
    const [model, real]: [Model, Real] = [{ offset: 0, state: 'open' }, { url: await create(upload, length) }];
    await fc.asyncModelRun(() => ({ model, real }), sequence);
    if (model.state === 'stored') expect(await storedHash(real.url)).toBe(sha256(photo));
  });
  await fc.assert(property, { numRuns: 30, interruptAfterTimeLimit: 45_000, endOnFailure: true });
  expect(unavailable).toBeLessThanOrEqual(1);
});
