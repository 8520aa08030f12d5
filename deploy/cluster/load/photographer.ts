import { setTimeout as sleep } from 'node:timers/promises';
import type { Shot } from './photo.ts';

/** Says where photographers send, and counts what they were told. */
export interface Desk {
  origin: string;
  cookie: string;
  eventId: string;
  /** Counts answers and broken connections that a client must live with, by their names. */
  troubles: Record<string, number>;
}

/** Is a failure that no retry can mend. */
class Refused extends Error {}

/** Is a failure that passes; a server that is busy says when to come again. */
class Passing extends Error {
  readonly waitMs: number;

  constructor(message: string, retryAfter: string | null) {
    super(message);
    this.waitMs = Number(retryAfter ?? 0) * 1_000;
  }
}

const patienceMs = 180_000;
const pausesMs = [100, 200, 400, 800, 1_600];

/** Sends one photo as the studio's uploader does (tus, one PATCH, resumed where it was cut) until it is stored; answers its id. */
export async function send(desk: Desk, shot: Shot): Promise<string> {
  let url: string | undefined;
  for (let tries = 0, started = Date.now(); ; tries++) {
    try {
      const offset: number = url === undefined ? 0 : await offsetOf(desk, url);
      url ??= await create(desk, shot);
      if (offset < shot.bytes.length) await patch(desk, url, offset, shot);
      return url.split('/').at(-1) ?? '';
    } catch (error) {
      if (error instanceof Refused || Date.now() - started > patienceMs) throw error;
      note(desk, error);
      const wished = error instanceof Passing ? error.waitMs : 0;
      await sleep(Math.max(wished, pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0));
    }
  }
}

async function create(desk: Desk, shot: Shot): Promise<string> {
  const said = { event_id: desk.eventId, filename: shot.name, filetype: 'image/jpeg', sha256: shot.sha256 };
  const metadata = Object.entries(said).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const headers = { 'upload-length': String(shot.bytes.length), 'upload-metadata': metadata.join(',') };
  const answer = await ask(desk, '/files', 'POST', headers);
  return new URL(answer.headers.get('location') ?? '', desk.origin).pathname;
}

async function offsetOf(desk: Desk, url: string): Promise<number> {
  const answer = await ask(desk, url, 'HEAD', {});
  return Number(answer.headers.get('upload-offset'));
}

async function patch(desk: Desk, url: string, offset: number, { bytes }: Shot): Promise<void> {
  const headers = { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
  await ask(desk, url, 'PATCH', headers, bytes.subarray(offset));
}

async function ask(desk: Desk, path: string, method: string, own: Record<string, string>, bytes?: Buffer) {
  const headers = { 'tus-resumable': '1.0.0', cookie: desk.cookie, ...own };
  const body = bytes && new Uint8Array(bytes);
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(`${desk.origin}${path}`, { method, headers, signal, ...(body && { body }) });
  const said = await answer.text();
  if (answer.ok) return answer;
  const passing = answer.status >= 500 || [408, 409, 423, 429, 460].includes(answer.status);
  const what = `${method} answered ${answer.status} ${/"code":"(\w+)"/.exec(said)?.[1] ?? ''}`.trim();
  throw passing ? new Passing(what, answer.headers.get('retry-after')) : new Refused(what, { cause: said });
}

function note(desk: Desk, error: unknown): void {
  const { message, cause } = error as Error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const name = `${message}${code}`;
  desk.troubles[name] = (desk.troubles[name] ?? 0) + 1;
}
