import { constants } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Fault } from '../fault/fault.ts';
import { isArchivedKey } from './named.ts';

/** Is the format that this code writes, and the newest that it reads. */
export const format = 1;

const Sums = z.object({ size: z.number().int().nonnegative(), sha256: z.string().length(64) });
const Copied = Sums.extend({ key: z.string().refine(isArchivedKey), content_type: z.string() });
const Install = z.object({ secret: z.string(), instance: z.unknown() });
const Manifest = z.object({
  format: z.number().int(),
  version: z.string(),
  created_at: z.string(),
  epoch: z.string(),
  migrations: z.array(z.string()),
  events: z.number().int(),
  photos: z.number().int(),
  tables: z.array(z.object({ name: z.string().regex(/^[a-z_]+$/), columns: z.array(z.string()) })),
  objects: z.object({ count: z.number().int(), bytes: z.number().int() }),
  /** Names objects that rows name and the bucket lacked. */
  missing: z.array(z.string()),
  files: z.record(z.string(), Sums),
});

/** Is what is known of a file's bytes. */
export type Sums = z.output<typeof Sums>;
/** Is an object as the archive has it. */
export type Copied = z.output<typeof Copied>;
/** Is what a snapshot says of itself; every file but those of objects is in `files`, and those are in the index. */
export type Manifest = z.output<typeof Manifest>;
/** Is what is neither in the database nor in the bucket: the secret, and what one machine keeps of its installation. */
export type Install = z.output<typeof Install>;

/** Names the files of an archive; the manifest is written last, so that there is one only when all else is there. */
export const files = { manifest: 'manifest.json', index: 'objects.jsonl', install: 'install.json' } as const;

/** Is a finished archive; nothing but its manifest and its index has been read. */
export interface Archive {
  folder: string;
  manifest: Manifest;
  objects: readonly Copied[];
}

/** Names the file of a table's rows. */
export function tableFile(table: string): string {
  return `database/${table}.copy`;
}

/** Names the file of an object. */
export function objectFile(key: string): string {
  return `objects/${key}`;
}

/** Reads a finished archive. Throws a Fault of kind invalid when there is none, or a damaged one, or one of a later Kilat. */
export async function readArchive(folder: string): Promise<Archive> {
  if (!(await exists(join(folder, files.manifest)))) {
    const unfinished = await exists(join(folder, files.index));
    const why = unfinished ? 'is not finished: run the same `kilat snapshot create` again' : 'is not there';
    throw new Fault('invalid', `the snapshot in ${folder} ${why}`);
  }
  const manifest = await readManifest(join(folder, files.manifest));
  return { folder, manifest, objects: await readIndex(join(folder, files.index)) };
}

/** Reads the part of an archive that belongs to neither database nor bucket. */
export async function readInstall({ folder }: Archive): Promise<Install> {
  return parsed(Install, await textOf(join(folder, files.install)), files.install);
}

/** Reads an index; of one that was broken off in the middle of a line, what is before. */
export async function readIndex(file: string, broken = false): Promise<Copied[]> {
  const lines = (await textOf(file)).split('\n').slice(0, -1);
  return lines.flatMap((line) => (broken ? (Copied.safeParse(json(line)).data ?? []) : parsed(Copied, line, file)));
}

/** Writes a small file that only its owner can read, whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text, { mode: 0o600, flush: true });
  await rename(`${file}.part`, file);
}

/** Tells whether a file is there. */
export function exists(file: string): Promise<boolean> {
  return access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8');
  const { data } = z.object({ format: z.number(), version: z.string() }).safeParse(json(text));
  if (data !== undefined && data.format > format)
    throw new Fault(
      'invalid',
      `the snapshot was made by Kilat ${data.version}, in a format that this one does not know`,
    );
  return parsed(Manifest, text, files.manifest);
}

function parsed<T>(schema: z.ZodType<T>, text: string, file: string): T {
  const { data } = schema.safeParse(json(text));
  if (data === undefined) throw new Fault('invalid', `the snapshot is damaged: ${file} cannot be read`);
  return data;
}

// What is not there is found by its sum.
function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
