import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readStill, type Still } from '../database/copy.ts';
import { Fault } from '../fault/fault.ts';
import { eventsPrefix } from '../objects/key.ts';
import type { Objects } from '../objects/objects.ts';
import {
  type Copied,
  exists,
  files,
  format,
  type Install,
  type Manifest,
  objectFile,
  readIndex,
  tableFile,
  writeWhole,
} from './archive.ts';
import { checkRoom, forEachOf, patiently, sumsOf, writeFrom } from './bytes.ts';
import { isArchivedKey, namedKeys } from './named.ts';

/** Counts the objects that are in the archive, of how many, and the bytes that came in this run. */
export interface CopyProgress {
  objects: number;
  total: number;
  bytes: number;
}

/** Is what making a snapshot needs. */
export interface CreateDeps {
  url: string;
  objects: Objects;
  folder: string;
  version: string;
  install: Install;
  signal: AbortSignal;
  onProgress: (progress: CopyProgress) => void;
}

/** Is the database as it was written, and what it names. */
interface Dump extends Pick<Manifest, 'epoch' | 'migrations' | 'events' | 'photos' | 'tables' | 'files'> {
  named: string[];
}

type Index = Map<string, Copied>;

// What says how far a verification is, is no truth; the names of migrations are in the manifest.
const left = new Set(['migrations', 'verifications', 'verification_findings', 'comparisons']);

/**
 * Copies the database at one moment, and every object that its photos name, while the installation goes on. One that was
 * stopped goes on in the same folder. Throws a Fault of kind invalid where a folder or a disk does not do.
 */
export async function createSnapshot(deps: CreateDeps): Promise<Manifest> {
  const index = await beginFolder(deps.folder);
  const listed = await listObjects(deps.objects);
  await checkDisk(deps, index, listed);
  // Most of the bytes; what photos name changes meanwhile.
  await copyObjects(deps, index, [...listed.keys()]);
  for (let missing: string[] | undefined; ; ) {
    const dump = await dumpDatabase(deps);
    const absent = await copyObjects(deps, index, dump.named);
    // What was removed meanwhile is named by no photo of the next moment; what still is, is lost indeed.
    const settled = absent.every((key) => missing?.includes(key));
    if (settled) return await seal(deps, index, dump, absent);
    missing = absent;
  }
}

async function beginFolder(folder: string): Promise<Index> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await exists(join(folder, files.manifest)))
    throw new Fault('invalid', `there is a finished snapshot in ${folder}: name another folder`);
  const file = join(folder, files.index);
  if (!(await exists(file))) {
    if ((await readdir(folder)).length > 0) throw new Fault('invalid', `${folder} is not empty: name another folder`);
    await writeWhole(file, '');
    return new Map();
  }
  const copied = await readIndex(file, true);
  await writeWhole(file, linesOf(copied));
  return new Map(copied.map((one) => [one.key, one]));
}

async function listObjects(objects: Objects): Promise<Map<string, number>> {
  const listed = new Map<string, number>();
  for await (const { key, size } of objects.list(eventsPrefix)) if (isArchivedKey(key)) listed.set(key, size);
  return listed;
}

async function checkDisk({ url, folder }: CreateDeps, index: Index, listed: Map<string, number>): Promise<void> {
  const sizeOfRows = (still: Still) =>
    still.query<{ size: string }>('select pg_database_size(current_database()) as size');
  const [rows] = await readStill(url, sizeOfRows);
  const missing = [...listed].filter(([key]) => !index.has(key)).reduce((sum, [, size]) => sum + size, 0);
  await checkRoom(folder, Number(rows?.size ?? 0) + missing);
}

/** Copies what the archive lacks; answers the keys that the bucket lacks. */
async function copyObjects(deps: CreateDeps, index: Index, keys: readonly string[]): Promise<string[]> {
  const absent: string[] = [];
  const wanted = keys.filter((key) => !index.has(key));
  const progress = { objects: keys.length - wanted.length, total: keys.length, bytes: 0 };
  await forEachOf(wanted, deps.signal, async (key) => {
    const copied = await patiently(deps.signal, () => copyObject(deps, key));
    if (copied === undefined) return void absent.push(key);
    await appendFile(join(deps.folder, files.index), linesOf([copied]));
    index.set(key, copied);
    progress.objects += 1;
    progress.bytes += copied.size;
    deps.onProgress(progress);
  });
  return absent;
}

async function copyObject({ objects, folder }: CreateDeps, key: string): Promise<Copied | undefined> {
  const object = await objects.get(key);
  if (object === undefined) return undefined;
  const sums = await writeFrom(object.body, folder, objectFile(key));
  if (sums.size !== object.size || (object.sha256 !== undefined && object.sha256 !== sums.sha256))
    throw new Fault('unavailable', `object ${key} came with other bytes than the bucket says`);
  return { key, ...sums, content_type: object.contentType ?? 'application/octet-stream' };
}

function dumpDatabase({ url, folder }: CreateDeps): Promise<Dump> {
  return readStill(url, async (still) => {
    const tables = still.tables.filter(({ name }) => !left.has(name));
    const written: Manifest['files'] = {};
    for (const table of tables) {
      const file = tableFile(table.name);
      written[file] = await writeFrom(still.rowsOf(table), folder, file);
    }
    const named: string[] = [];
    for await (const key of namedKeys(still)) named.push(key);
    return { ...(await factsOf(still)), tables, files: written, named };
  });
}

async function factsOf(still: Still) {
  const [facts] = await still.query<Pick<Dump, 'epoch' | 'events' | 'photos'>>(
    `select epoch, (select count(*)::integer from events) as events,
       (select count(*)::integer from photos where stored_seq is not null and state <> 'deleted') as photos from installation`,
  );
  if (facts === undefined) throw new Fault('invalid', 'the database is not one of Kilat');
  const migrations = await still.query<{ name: string }>('select name from migrations order by name');
  return { ...facts, migrations: migrations.map(({ name }) => name) };
}

/** Leaves in the archive what photos name, and writes the manifest, by which it is finished. */
async function seal(deps: CreateDeps, index: Index, dump: Dump, missing: string[]): Promise<Manifest> {
  const { folder, version, install } = deps;
  const { named, ...facts } = dump;
  const wanted = new Set(named);
  for (const key of index.keys()) if (!wanted.has(key)) await rm(join(folder, objectFile(key)), { force: true });
  const kept = [...index.values()].filter(({ key }) => wanted.has(key));
  await writeWhole(join(folder, files.index), linesOf(kept));
  await writeWhole(join(folder, files.install), `${JSON.stringify(install, undefined, 2)}\n`);
  const manifest: Manifest = {
    ...{ format, version, created_at: new Date().toISOString(), missing, ...facts },
    objects: { count: kept.length, bytes: kept.reduce((sum, { size }) => sum + size, 0) },
    files: { ...facts.files, ...(await small(folder, [files.index, files.install])) },
  };
  await writeWhole(join(folder, files.manifest), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

async function small(folder: string, names: readonly string[]): Promise<Manifest['files']> {
  const found: Manifest['files'] = {};
  for (const name of names) {
    const sums = await sumsOf(folder, name);
    if (sums !== undefined) found[name] = sums;
  }
  return found;
}

function linesOf(copied: readonly Copied[]): string {
  return copied.map((one) => `${JSON.stringify(one)}\n`).join('');
}
