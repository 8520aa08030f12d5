import type { Readable } from 'node:stream';
import type { Hold } from '#internal/backups/copies.ts';
import { sumUp } from '#internal/backups/sums.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { Copy, FarSide, Provider, Sums } from './providers/provider.ts';
import { type PhotoFacts, type Source, sourceOf } from './source.ts';

/** Is a copy that was proved at its provider. */
export interface Proved {
  address: string;
  bytes: number;
  /** Is the SHA-256 of what was sent; null where an earlier try had sent it. */
  sha256: string | null;
}

/** Is what making one copy needs. */
export interface CopyDeps {
  objects: Objects;
  provider: Provider;
  facts: PhotoFacts;
  /** Writes down where the copy will be; throws when that is no longer ours to say. */
  reserve: (address: string) => Promise<void>;
  /** Is how long nothing may move, in ms. */
  idleMs: number;
}

/** Is how a copy ended that was not made: the source's fault is none of the provider's. */
export class SourceFailure extends Error {
  override readonly cause: Fault;
  constructor(cause: Fault) {
    super(cause.message, { cause });
    this.cause = cause;
  }
}

/**
 * Makes one copy and proves it: streamed, then asked for on the far side by size and hash, or read again where the far side
 * keeps no hash that we know. Throws SourceFailure when the original could not be read, else what the provider threw.
 */
export async function makeCopy(deps: CopyDeps, hold: Hold, signal: AbortSignal): Promise<Proved> {
  const { objects, provider, facts } = deps;
  using idle = idleSignal(deps.idleMs, signal);
  const source = sourceOf(objects, hold, facts, idle.touch);
  const copy: Copy = {
    ...{ eventId: hold.eventId, photoId: hold.photoId, version: hold.version, open: source.open },
    ...{ size: facts.size, sha256: facts.sha256 ?? undefined, crc32: facts.crc32 ?? undefined },
    ...{ contentType: facts.contentType, fileName: facts.fileName, reserved: hold.backupUrl ?? undefined },
  };
  try {
    await reserved(deps, copy, idle.signal);
    const stored = await provider.put(copy, idle.signal);
    idle.touch();
    await prove(provider, stored.address, knownOf(source, facts), idle);
    return { address: stored.address, bytes: facts.size, sha256: source.sums?.sha256 ?? null };
  } catch (error) {
    if (source.failure instanceof Fault) throw new SourceFailure(source.failure);
    throw idle.isOver
      ? new Fault('unavailable', 'The provider does not go on.', { cause: error, class: 'network' })
      : error;
  }
}

async function reserved({ provider, reserve }: CopyDeps, copy: Copy, signal: AbortSignal): Promise<void> {
  if (copy.reserved !== undefined || provider.reserve === undefined) return;
  copy.reserved = await provider.reserve(copy, signal);
  await reserve(copy.reserved);
}

// What was read now says most; where nothing was, an earlier try had sent all that is known of the photo.
function knownOf({ sums }: Source, { size, sha256, crc32 }: PhotoFacts): { size: number; sums: Sums } {
  return { size, sums: sums ?? { sha256: sha256 ?? undefined, crc32: crc32 ?? undefined } };
}

async function prove(provider: Provider, address: string, known: FarSide, idle: Idle): Promise<void> {
  const far = await provider.check(address, idle.signal);
  idle.touch();
  const fits = far === undefined ? false : compare(far, known);
  if (fits ?? (await isSame(await provider.read(address, idle.signal), known, idle))) return;
  throw new Fault('internal', 'The copy is not what was sent.', { class: 'server' });
}

/** Tells whether the far side has what is known; undefined when it keeps no hash that says so. */
export function compare(far: FarSide, known: FarSide): boolean | undefined {
  if (far.size !== known.size) return false;
  const names = (['sha256', 'crc32', 'md5'] as const).filter(
    (name) => far.sums[name] !== undefined && known.sums[name] !== undefined,
  );
  return names.length === 0 ? undefined : names.every((name) => far.sums[name] === known.sums[name]);
}

async function isSame(body: Readable | undefined, known: FarSide, idle: Idle): Promise<boolean> {
  if (body === undefined) return false;
  const { size, ...sums } = await sumUp(touching(body, idle));
  return compare({ size, sums }, known) ?? false;
}

async function* touching(body: AsyncIterable<Uint8Array>, idle: Idle) {
  for await (const chunk of body) {
    idle.touch();
    yield chunk;
  }
}

type Idle = ReturnType<typeof idleSignal>;

/** Ends what does not go on: each touch gives it the whole time anew. */
function idleSignal(ms: number, outer: AbortSignal) {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), ms);
  return {
    signal: AbortSignal.any([outer, silence.signal]),
    touch: () => void timer.refresh(),
    get isOver() {
      return silence.signal.aborted;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
