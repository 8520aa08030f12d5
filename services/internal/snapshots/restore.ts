import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { fill, removeTables, whyNotEmpty } from '../database/copy.ts';
import type { Queryable } from '../database/database.ts';
import { knownMigrations, migrate } from '../database/migrate.ts';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Objects } from '../objects/objects.ts';
import { beginEpochIn, type Restored } from '../recovery/restore.ts';
import { type Archive, type Copied, objectFile, readInstall, tableFile, writeWhole } from './archive.ts';
import { checkRoom, forEachOf, patiently } from './bytes.ts';
import type { CopyProgress } from './create.ts';

/** Is what restoring a snapshot needs; `folder` is where the bucket's bytes lie, where that is known. */
export interface RestoreDeps {
  url: string;
  objects: Objects;
  secret: string;
  /** Is the file in which one machine keeps its installation: what the archive has of it is put there. */
  instanceFile: string | undefined;
  folder: string | undefined;
  log: Logger;
  signal: AbortSignal;
  onProgress: (progress: CopyProgress) => void;
}

/**
 * Throws a Fault of kind invalid unless an archive can be restored here: made by no later Kilat, the same secret, nothing in
 * the database, nothing in the bucket but what a restore of the same archive put there.
 */
export async function checkPlace(deps: RestoreDeps, archive: Archive): Promise<void> {
  checkMigrations(archive);
  if ((await readInstall(archive)).secret !== deps.secret)
    throw new Fault(
      'invalid',
      'KILAT_SECRET is not that of the snapshot (its install.json has it): links and sessions need it',
    );
  const why = await whyNotEmpty(deps.url);
  if (why !== undefined) throw new Fault('invalid', `${why}: a snapshot is restored into an empty place only`);
  const there = await present(deps.objects, archive);
  if (deps.folder === undefined) return;
  const missing = archive.objects.filter(({ key }) => !there.has(key)).reduce((sum, { size }) => sum + size, 0);
  const rows = Object.values(archive.manifest.files).reduce((sum, { size }) => sum + size, 0);
  await checkRoom(deps.folder, missing + 3 * rows); // a database has indexes and its log of changes besides
}

/**
 * Brings a proved archive back: objects first, then all rows and a new epoch in one commit, so that one that was stopped
 * leaves a place that counts as empty, and goes on there.
 */
export async function restoreSnapshot(deps: RestoreDeps, archive: Archive): Promise<Restored> {
  await putObjects(deps, archive);
  await keepInstance(deps, archive);
  const { migrations, tables } = archive.manifest;
  await removeTables(deps.url);
  await migrate(deps.url, deps.log, { only: migrations });
  const restored = await fill(deps.url, tables, {
    rowsOf: ({ name }) => createReadStream(join(archive.folder, tableFile(name))),
    last: async (tx) => {
      await restartUploads(tx);
      return await beginEpochIn(tx);
    },
  });
  await migrate(deps.url, deps.log);
  return restored;
}

// Before any row is there: what was restored must never be without the secret that its links need.
async function keepInstance({ instanceFile, secret }: RestoreDeps, archive: Archive): Promise<void> {
  if (instanceFile === undefined) return;
  const { instance } = await readInstall(archive);
  const kept = { ...(typeof instance === 'object' ? instance : {}), secret };
  await writeWhole(instanceFile, `${JSON.stringify(kept, undefined, 2)}\n`);
}

function checkMigrations({ manifest }: Archive): void {
  const known = knownMigrations();
  const unknown = manifest.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Fault(
      'invalid',
      `the snapshot was made by a later Kilat (${manifest.version}, ${unknown.join(', ')}): use that one`,
    );
}

/** Lists what is in the bucket already; throws when anything else is. */
async function present(objects: Objects, archive: Archive): Promise<Set<string>> {
  const ours = new Map(archive.objects.map((object) => [object.key, object.size]));
  const there = new Set<string>();
  for await (const { key, size } of objects.list('')) {
    if (!ours.has(key))
      throw new Fault('invalid', 'the bucket holds something else: a snapshot is restored into an empty place only');
    if (ours.get(key) === size) there.add(key);
  }
  return there;
}

async function putObjects(deps: RestoreDeps, archive: Archive): Promise<void> {
  const there = await present(deps.objects, archive);
  const wanted = archive.objects.filter(({ key }) => !there.has(key));
  const progress = { objects: there.size, total: archive.objects.length, bytes: 0 };
  await forEachOf(wanted, deps.signal, async (object) => {
    await patiently(deps.signal, () => putObject(deps, archive.folder, object));
    progress.objects += 1;
    progress.bytes += object.size;
    deps.onProgress(progress);
  });
}

async function putObject({ objects, signal }: RestoreDeps, folder: string, object: Copied): Promise<void> {
  const { key, size, sha256, content_type: contentType } = object;
  const body = createReadStream(join(folder, objectFile(key)));
  try {
    await objects.put({ key, body, size, contentType, sha256 }, { signal });
  } finally {
    body.destroy();
  }
}

// What an unfinished upload had sent lies in parts that no snapshot has: it begins again at its first byte.
async function restartUploads(tx: Queryable): Promise<void> {
  await tx.query(
    `update uploads set received = 0, crc32 = 0, multipart_id = null, parts = '[]', tails = '[]', sniffed = null where state = 'open'`,
  );
}
