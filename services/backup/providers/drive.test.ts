import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { chunkBytes, forever, hashAt, photo, sha256, streamOf, useDrive } from './drivescenetest.ts';
import type { Listed } from './provider.ts';

const scene = useDrive();

async function listed(eventId = scene.eventId): Promise<Listed[]> {
  const all: Listed[] = [];
  for await (const copy of scene.drive.list(eventId, forever)) all.push(copy);
  return all;
}

test('a copy lies in its event’s folder under its photo’s id, and nobody’s name goes along', async () => {
  const [bytes, { store }] = [photo(), scene.server];
  const copy = scene.copyOf(bytes);
  const stored = await scene.drive.put(copy, forever);
  expect(stored).toMatchObject({ size: bytes.byteLength, sums: { sha256: sha256(bytes) } });
  const [file] = scene.copies();
  expect(stored.address).toBe(`drive:${file?.id}`);
  expect(file).toMatchObject({ name: `${copy.photoId}-1.jpg`, mimeType: 'image/jpeg', description: undefined });
  const folder = store.files.get(file?.parents[0] ?? '');
  expect(folder).toMatchObject({ name: scene.eventId, parents: [store.root] });
});

test('a file name goes along as the description where the settings say so', async () => {
  const copy = scene.copyOf(photo(), { contentType: 'image/x-canon-cr3' });
  await scene.open({ keepFileNames: true }).put(copy, forever);
  expect(scene.copies()).toMatchObject([{ name: `${copy.photoId}-1.cr3`, description: 'Anna and Budi.JPG' }]);
});

test('a repeat finds what is there and sends nothing, also from another process', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const first = await scene.drive.put(copy, forever);
  const { chunk } = scene.server.calls;
  expect(await scene.drive.put(copy, forever)).toEqual(first);
  expect(await scene.open().put(copy, forever)).toEqual(first);
  expect(await scene.open().put({ ...copy, sha256: undefined }, forever)).toEqual(first);
  expect(scene.server.calls.chunk).toBe(chunk);
  scene.expectOnly(bytes);
});

test('a reserved address makes a repeat safe while the search does not know of the first try', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  scene.server.store.indexesAtOnce = false;
  const reserved = await scene.drive.reserve?.(copy, forever);
  expect(await scene.drive.put({ ...copy, reserved }, forever)).toMatchObject({ address: reserved });
  expect(await scene.open().put({ ...copy, reserved }, forever)).toMatchObject({ address: reserved });
  scene.expectOnly(bytes);
});

test('doubles that a crash left without a reserved address are removed by the next try', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  scene.server.store.indexesAtOnce = false;
  const first = await scene.drive.put(copy, forever);
  await scene.open().put(copy, forever);
  expect(scene.copies()).toHaveLength(2);
  scene.server.store.index();
  expect(await scene.open().put(copy, forever)).toEqual(first);
  scene.expectOnly(bytes);
});

test('two who put the same photo at once store it once', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const [one, two] = await Promise.all([scene.drive.put(copy, forever), scene.drive.put(copy, forever)]);
  expect(one).toEqual(two);
  scene.expectOnly(bytes);
});

test('versions of a photo are copies of their own', async () => {
  const copy = scene.copyOf(photo());
  const [first, second] = [
    await scene.drive.put(copy, forever),
    await scene.drive.put({ ...copy, version: 2 }, forever),
  ];
  const want = [first, second].map(({ address, size }, n) => ({
    address,
    size,
    photoId: copy.photoId,
    version: n + 1,
  }));
  expect(await listed()).toEqual(want);
});

test('a copy is checked by its address, and is none once it lies in the trash', async () => {
  const bytes = photo();
  const { address, ...far } = await scene.drive.put(scene.copyOf(bytes), forever);
  expect(await scene.drive.check(address, forever)).toEqual(far);
  const [file] = scene.copies();
  if (file) file.trashed = true;
  expect(await scene.drive.check(address, forever)).toBeUndefined();
  expect(await scene.drive.check('drive:nothing', forever)).toBeUndefined();
  await expect(scene.drive.check('s3:elsewhere', forever)).rejects.toMatchObject({ kind: 'invalid' });
});

test('a copy is read back, through connections that break', async () => {
  const bytes = photo();
  const { address } = await scene.drive.put(scene.copyOf(bytes), forever);
  scene.server.fail('media', 'cut', 'cut', { status: 503 }, 'cut');
  expect(await hashAt(scene.drive, address)).toBe(sha256(bytes));
  expect(scene.server.calls.media).toBe(5);
  expect(await hashAt(scene.drive, 'drive:nothing')).toBeUndefined();
});

test('a removed copy is gone for good, removing it again is fine, and it can be put anew', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const { address } = await scene.drive.put(copy, forever);
  await scene.drive.remove(address, forever);
  await scene.drive.remove(address, forever);
  expect([scene.copies(), await listed()]).toEqual([[], []]);
  expect(await scene.drive.reserve?.(copy, forever)).not.toBe(address);
  const again = await scene.drive.put({ ...copy, reserved: address }, forever);
  expect(again.address).not.toBe(address);
  scene.expectOnly(bytes);
});

test('where the account may only use the trash the copy goes there, and it is told until it is removed', async () => {
  const { address } = await scene.drive.put(scene.copyOf(photo()), forever);
  scene.server.store.role = 'fileOrganizer';
  await expect(scene.drive.remove(address, forever)).rejects.toMatchObject({ kind: 'internal', class: 'server' });
  expect(scene.copies()).toMatchObject([{ trashed: true }]);
  scene.server.store.role = 'organizer';
  await scene.drive.remove(address, forever);
  expect(scene.copies()).toEqual([]);
});

test('a copy that somebody moved to the trash is taken out again', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const { address: reserved } = await scene.drive.put(copy, forever);
  for (const file of scene.copies()) file.trashed = true;
  expect(await scene.open().put({ ...copy, reserved }, forever)).toMatchObject({ address: reserved });
  scene.expectOnly(bytes);
});

const damages = [
  { name: 'with its hash known', known: true },
  { name: 'with its hash unknown', known: false },
];
test.each(damages)('a damaged copy gets its bytes back under the same address, $name', async ({ known }) => {
  const bytes = photo();
  const copy = scene.copyOf(bytes, known ? {} : { sha256: undefined });
  const first = await scene.drive.put(copy, forever);
  for (const file of scene.copies()) scene.server.store.fill(file, photo());
  expect(await scene.open().put(copy, forever)).toEqual(first);
  scene.expectOnly(bytes);
});

test('heads lie beside the copies, once each, and are not listed', async () => {
  await scene.drive.put(scene.copyOf(photo()), forever);
  const [eventId, texts] = [scene.eventId, ['{"seq":1}', '{"seq":2}']];
  for (const [n, text] of [...texts.entries(), ...texts.entries()]) {
    await scene.open().putHead({ eventId, name: `head-${n}.json`, text }, forever);
  }
  const heads = [...scene.server.store.files.values()].filter((file) => file.properties.kilat === 'head');
  expect(heads.map((file) => `${file.bytes}`)).toEqual(texts);
  expect(heads.map((file) => file.parents)).toEqual([scene.copies()[0]?.parents, scene.copies()[0]?.parents]);
  expect(await listed()).toHaveLength(1);
});

test('more copies than a page holds are listed, another event’s aside', async () => {
  const copy = scene.copyOf(photo());
  await scene.drive.put(copy, forever);
  const parents = scene.copies()[0]?.parents ?? [];
  for (let version = 2; version <= 2_300; version++) {
    const properties = { kilat: 'copy', kilat_item: `${copy.photoId}/${version}` };
    scene.server.store.make({ name: 'x', parents, properties }, 'image/jpeg');
  }
  expect(new Set((await listed()).map(({ version }) => version)).size).toBe(2_300);
  expect(await listed(copy.photoId)).toEqual([]);
});

test('copies are found in each folder that an event has, and a folder that somebody removed is made again', async () => {
  scene.server.store.indexesAtOnce = false;
  const copies = [scene.copyOf(photo()), scene.copyOf(photo())] as const;
  await scene.drive.put(copies[0], forever);
  await scene.open().put(copies[1], forever);
  scene.server.store.index();
  expect(new Set((await listed()).map(({ photoId }) => photoId))).toEqual(new Set(copies.map((copy) => copy.photoId)));
  for (const { id, name } of scene.server.store.files.values()) {
    if (name === scene.eventId) scene.server.store.files.delete(id);
  }
  scene.server.store.indexesAtOnce = true;
  await scene.drive.put(scene.copyOf(photo()), forever);
  expect(await listed()).toHaveLength(1);
});

test('a folder that somebody removed is made again also for a copy whose address is known', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const reserved = await scene.drive.reserve?.(copy, forever);
  for (const { id, name } of scene.server.store.files.values()) {
    if (name === scene.eventId) scene.server.store.files.delete(id);
  }
  expect(await scene.drive.put({ ...copy, reserved }, forever)).toMatchObject({ address: reserved });
  scene.expectOnly(bytes);
});

test('chunks grow while they go over quickly', async () => {
  const bytes = photo(32 * chunkBytes);
  const copy = scene.copyOf(bytes, { open: async () => Readable.from([bytes]) });
  await scene.open({ chunkBytes: 16 * chunkBytes }).put(copy, forever);
  expect(scene.server.calls.chunk).toBe(4); // 1, 2, 4 and 1 MiB
  scene.expectOnly(bytes);
});

test('a put holds little more than a chunk of a large original in memory', async () => {
  let [read, most] = [0, 0];
  const bytes = photo(40 * chunkBytes + 1);
  async function* counted() {
    for await (const piece of streamOf(bytes)) {
      read += piece.byteLength;
      yield piece;
    }
  }
  scene.server.before = (operation) => {
    const taken = (scene.server.calls.chunk - 1) * chunkBytes;
    if (operation === 'chunk') most = Math.max(most, read - taken);
  };
  await scene.drive.put(scene.copyOf(bytes, { open: async () => Readable.from(counted()) }), forever);
  expect(scene.server.calls.chunk).toBe(41);
  expect(most).toBeLessThan(2 * chunkBytes);
  scene.expectOnly(bytes);
});

const bytes = photo();
const other = photo();
const broken = [
  { name: 'breaks off', more: { open: async () => streamOf(bytes.subarray(0, -1)) }, want: { kind: 'unavailable' } },
  { name: 'is too long', more: { size: bytes.byteLength - 1 }, want: { kind: 'internal', class: 'invalid' } },
  { name: 'has another hash', more: { open: async () => streamOf(other) }, want: { class: 'invalid' } },
  { name: 'has another CRC32', more: { sha256: undefined, crc32: 1 }, want: { class: 'invalid' } },
  {
    name: 'fails',
    more: { open: async () => Readable.from(failing()) },
    want: { message: 'the storage is away' },
  },
];
async function* failing() {
  yield bytes.subarray(0, chunkBytes + 1);
  throw new Error('the storage is away');
}
test.each(broken)('an original that $name never becomes a copy', async ({ more, want }) => {
  await expect(scene.drive.put(scene.copyOf(bytes, more), forever)).rejects.toMatchObject(want);
  expect(scene.copies()).toEqual([]);
});
