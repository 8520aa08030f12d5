import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { parseQuery } from './drivequerytest.ts';

const folderType = 'application/vnd.google-apps.folder';

/** Is a request as handlers see it. */
export interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: Buffer;
}

/** Is what a handler answers. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  bytes?: Buffer;
}

/** Is a file, or a folder when it has no bytes. */
export interface FakeFile {
  id: string;
  name: string;
  mimeType: string;
  parents: string[];
  description: string | undefined;
  properties: Record<string, string>;
  trashed: boolean;
  createdTime: string;
  bytes: Buffer | undefined;
  md5Checksum: string | undefined;
  sha256Checksum: string | undefined;
  /** Tells whether searches know of it. */
  indexed: boolean;
}

/** Is what a file is made or changed with. */
export const Metadata = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  mimeType: z.string().optional(),
  parents: z.array(z.string()).length(1).optional(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.string()).optional(),
  trashed: z.boolean().optional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** Stands in for a shared drive: its files, and what the account may do there. */
export interface DriveStore {
  readonly driveId: string;
  readonly root: string;
  readonly files: Map<string, FakeFile>;
  /** Is how many bytes fit. */
  room: number;
  /** Is the account's role: an organizer may delete for good, a writer may not even move to the trash. */
  role: 'organizer' | 'fileOrganizer' | 'writer';
  /** Tells whether searches know at once of what is made from now on; `index` lets them catch up. */
  indexesAtOnce: boolean;
  index(): void;
  /** Says why a file cannot be made; undefined when it can. */
  refuses(metadata: Metadata, size: number): Answer | undefined;
  make(metadata: Metadata, mimeType: string, bytes?: Buffer): FakeFile;
  fill(file: FakeFile, bytes: Buffer): void;
  generateIds(ask: Ask): Answer;
  get(ask: Ask): Answer;
  media(ask: Ask): Answer;
  search(ask: Ask): Answer;
  create(ask: Ask): Answer;
  update(ask: Ask): Answer;
  remove(ask: Ask): Answer;
}

/** Makes a shared drive with one folder in it. */
export function createDriveStore(): DriveStore {
  const [driveId, files, issued] = ['0ADRIVE', new Map<string, FakeFile>(), new Set<string>()];
  const used = new Set<string>();
  let made = 0;
  const idIn = (ask: Ask) => decodeURIComponent(ask.path.split('/').at(-1) ?? '');
  const sees = (ask: Ask) => ask.query.get('supportsAllDrives') === 'true';
  const found = (ask: Ask) => (sees(ask) ? files.get(idIn(ask)) : undefined);
  const store: DriveStore = {
    ...{ driveId, root: 'root-folder', files, room: Number.POSITIVE_INFINITY, role: 'organizer', indexesAtOnce: true },
    index() {
      for (const file of files.values()) file.indexed = true;
    },
    refuses({ id, parents, properties = {} }, size) {
      if (id !== undefined && used.has(id)) return problem(409, 'fileIdInUse');
      if (id !== undefined && !issued.has(id)) return problem(400, 'invalid');
      const parent = files.get(parents?.[0] ?? '');
      if (parent === undefined || parent.trashed) return problem(404, 'notFound');
      const long = Object.entries(properties).some(([key, value]) => Buffer.byteLength(key + value) > 124);
      if (long) return problem(400, 'propertyTooLong');
      const held = [...files.values()].reduce((sum, file) => sum + (file.bytes?.byteLength ?? 0), 0);
      return held + size > store.room ? problem(403, 'storageQuotaExceeded') : undefined;
    },
    make(metadata, mimeType, bytes) {
      const { id = randomBytes(16).toString('hex'), name = 'Untitled', parents = [], properties = {} } = metadata;
      const createdTime = new Date(1_700_000_000_000 + made++).toISOString();
      const sums = { bytes: undefined, md5Checksum: undefined, sha256Checksum: undefined };
      const file = { id, name, mimeType, parents, description: metadata.description, properties, trashed: false };
      files.set(id, { ...file, ...sums, createdTime, indexed: store.indexesAtOnce });
      used.add(id);
      const kept = files.get(id) as FakeFile;
      if (bytes !== undefined) store.fill(kept, bytes);
      return kept;
    },
    fill(file, bytes) {
      const sums = { md5Checksum: hash('md5', bytes), sha256Checksum: hash('sha256', bytes) };
      Object.assign(file, { bytes, ...sums });
    },
    generateIds({ query }) {
      const count = Number(query.get('count') ?? 10);
      if (!(count >= 1 && count <= 1000)) return problem(400, 'invalidParameter');
      const ids = Array.from({ length: count }, () => randomBytes(16).toString('hex'));
      for (const id of ids) issued.add(id);
      return { status: 200, json: { kind: 'drive#generatedIds', space: 'drive', ids } };
    },
    get(ask) {
      const file = found(ask);
      if (file === undefined) return problem(404, 'notFound');
      return { status: 200, json: picked(file, driveId, ask.query.get('fields')) };
    },
    media(ask) {
      const bytes = found(ask)?.bytes;
      if (bytes === undefined) return problem(404, 'notFound');
      const from = /^bytes=(\d+)-$/.exec(ask.headers.range ?? '')?.[1];
      if (from === undefined) return { status: 200, bytes };
      if (Number(from) >= bytes.byteLength) return problem(416, 'requestedRangeNotSatisfiable');
      const range = `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}`;
      return { status: 206, headers: { 'content-range': range }, bytes: bytes.subarray(Number(from)) };
    },
    search(ask) {
      const query = parseQuery(ask.query.get('q') ?? '');
      const everywhere = sees(ask) && ask.query.get('includeItemsFromAllDrives') === 'true';
      const here = ask.query.get('corpora') === 'drive' && ask.query.get('driveId') === driveId;
      if (query === undefined || !everywhere || !here) return problem(400, 'invalid');
      if (!query.parents.every((id) => files.has(id))) return problem(404, 'notFound');
      const all = [...files.values()].filter((file) => file.indexed && query.matches(file));
      const [from, size] = [Number(ask.query.get('pageToken') ?? 0), Number(ask.query.get('pageSize') ?? 100)];
      const fields = /files\(([^)]*)\)/.exec(ask.query.get('fields') ?? '')?.[1] ?? null;
      const more = from + size < all.length ? { nextPageToken: `${from + size}` } : {};
      const page = all.slice(from, from + size).map((file) => picked(file, driveId, fields));
      return { status: 200, json: { ...more, incompleteSearch: false, files: page } };
    },
    create(ask) {
      const metadata = metadataIn(ask);
      const refusal = metadata === undefined ? problem(400, 'badRequest') : store.refuses(metadata, 0);
      if (metadata === undefined || refusal !== undefined) return refusal ?? problem(400, 'badRequest');
      const file = store.make(metadata, metadata.mimeType ?? 'application/octet-stream');
      return { status: 200, json: picked(file, driveId, ask.query.get('fields')) };
    },
    update(ask) {
      const [file, changes] = [found(ask), metadataIn(ask)];
      if (file === undefined) return problem(404, 'notFound');
      if (changes === undefined || changes.id || changes.parents) return problem(403, 'fieldNotWritable');
      if (changes.trashed !== undefined && store.role === 'writer') return problem(403, 'insufficientFilePermissions');
      Object.assign(file, changes);
      return { status: 200, json: picked(file, driveId, ask.query.get('fields')) };
    },
    remove(ask) {
      const file = found(ask);
      if (file === undefined) return problem(404, 'notFound');
      if (store.role !== 'organizer') return problem(403, 'insufficientFilePermissions');
      files.delete(file.id);
      return { status: 204 };
    },
  };
  store.make({ id: store.root, name: 'Copies', parents: [driveId] }, folderType);
  return store;
}

/** Reads the metadata that a request brings; undefined for what Drive would not take. */
export function metadataIn(ask: Ask): Metadata | undefined {
  try {
    return Metadata.parse(JSON.parse(ask.body.toString()));
  } catch {
    return undefined;
  }
}

/** Makes an error as the API answers it. */
export function problem(code: number, reason: string): Answer {
  return { status: code, json: { error: { code, message: reason, errors: [{ domain: 'global', reason }] } } };
}

/** Picks the fields that were asked for; a few where none were. */
export function picked(file: FakeFile, driveId: string, fields: string | null): Record<string, unknown> {
  const { bytes, indexed: _, ...rest } = file;
  const all: Record<string, unknown> = { kind: 'drive#file', ...rest, driveId, size: bytes && `${bytes.byteLength}` };
  const names = (fields ?? 'kind,id,name,mimeType').split(',');
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

function hash(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
