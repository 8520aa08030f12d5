import type { DriveApi } from './driveapi.ts';
import { DriveFile } from './drivefiles.ts';
import { Refusal } from './driverefusal.ts';
import { openWindow, type Source, type Window } from './drivesource.ts';
import type { Sums } from './provider.ts';

// Chunks grow while they go over quickly: large ones are efficient, but on a slow line nothing would seem to move.
const firstBytes = 1024 * 1024;
const quickMs = 3_000;

/** Is a session that bytes are sent through; its URI lets anybody write, so it is kept from logs. */
export interface Session {
  uri: string;
  /** Tells whether it may have taken bytes before. */
  resumed: boolean;
}

/** Is a file that arrived, with the hashes of what was sent. */
export interface Sent {
  file: DriveFile;
  /** Undefined when an earlier try had sent all of it. */
  sums: Required<Sums> | undefined;
}

/**
 * Sends a source through a session, and goes on where the far side says that it broke off. Holds one chunk of at
 * most `chunkBytes` in memory.
 * Throws a Refusal, of which one that does not pass means that the session is over.
 */
export async function sendAll(
  api: DriveApi,
  session: Session,
  source: Source,
  chunkBytes: number,
  signal: AbortSignal,
): Promise<Sent> {
  const ask = () => put(api, session.uri, rangeOf(undefined, source.size), undefined, signal);
  const known = session.resumed ? await api.again(ask, signal) : 0;
  if (typeof known === 'object') return { file: known, sums: undefined };
  await using window = await openWindow(source, known, signal);
  for (let bytes = Math.min(firstBytes, chunkBytes); ; ) {
    await window.fill(bytes);
    const [at, since] = [window.from, performance.now()];
    const progress = await api.again(async (attempt) => {
      // After a lost answer only the far side knows what it has.
      const before = attempt === 1 ? at : await ask();
      if (before !== at) return before;
      const after = await putNext(api, session.uri, source.size, window, bytes, signal);
      if (after === at) throw new Refusal(503, 'no_progress');
      return after;
    }, signal);
    if (typeof progress === 'object') return { file: progress, sums: window.sums() };
    if (!window.taken(progress)) throw new Refusal(410, 'progress_lost');
    if (performance.now() - since < quickMs) bytes = Math.min(bytes * 2, chunkBytes);
  }
}

function putNext(
  api: DriveApi,
  uri: string,
  size: number,
  window: Window,
  bytes: number,
  signal: AbortSignal,
): Promise<number | DriveFile> {
  const body = window.next(bytes);
  return put(api, uri, rangeOf({ from: window.from, length: body.byteLength }, size), body, signal);
}

// Gives how many bytes the far side has, or the file once it has all.
async function put(
  api: DriveApi,
  uri: string,
  range: string,
  body: Uint8Array<ArrayBuffer> | undefined,
  signal: AbortSignal,
): Promise<number | DriveFile> {
  const headers = { 'content-range': range };
  const response = await api.once({ method: 'PUT', url: uri, headers, fine: [308], ...(body && { body }) }, signal);
  const text = await response.text().catch(() => {
    signal.throwIfAborted();
    throw new Refusal(0, 'connection_lost');
  });
  if (response.status !== 308) return fileOf(text);
  const last = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1; // No Range means none.
}

function rangeOf(sent: { from: number; length: number } | undefined, size: number): string {
  if (sent === undefined || sent.length === 0) return `bytes */${size}`;
  return `bytes ${sent.from}-${sent.from + sent.length - 1}/${size}`;
}

function fileOf(text: string): DriveFile {
  try {
    return DriveFile.parse(JSON.parse(text));
  } catch {
    throw new Refusal(502, 'unreadable');
  }
}
