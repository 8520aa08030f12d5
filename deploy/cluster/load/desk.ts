import { setTimeout as sleep } from 'node:timers/promises';

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
export class Passing extends Error {
  readonly waitMs: number;

  constructor(message: string, retryAfter: string | null) {
    super(message);
    this.waitMs = Number(retryAfter ?? 0) * 1_000;
  }
}

const patienceMs = 180_000;
const pausesMs = [100, 200, 400, 800, 1_600];

/** Tries until a photo is stored, as a client does whom answers and broken connections tell to come again; answers its id. */
export async function untilStored(desk: Desk, way: string, attempt: () => Promise<string>): Promise<string> {
  for (let tries = 0, started = Date.now(); ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Refused || Date.now() - started > patienceMs) throw error;
      note(desk, way, error);
      const wished = error instanceof Passing ? error.waitMs : 0;
      await sleep(Math.max(wished, pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0));
    }
  }
}

/** Sends one request; throws what is to be tried again, or what is not. */
export async function request(
  desk: Desk,
  path: string,
  {
    method,
    headers: own,
    body,
  }: { method: string; headers: Record<string, string>; body?: Uint8Array<ArrayBuffer> | ReadableStream },
): Promise<{ headers: Headers; text: string }> {
  const headers = { cookie: desk.cookie, ...own };
  const init = { method, headers, signal: AbortSignal.timeout(30_000), ...(body && { body, duplex: 'half' as const }) };
  const answer = await fetch(`${desk.origin}${path}`, init);
  const said = await answer.text();
  if (answer.ok) return { headers: answer.headers, text: said };
  const passing = answer.status >= 500 || [408, 409, 423, 429, 460].includes(answer.status);
  const what = `${method} answered ${answer.status} ${/"code":"(\w+)"/.exec(said)?.[1] ?? ''}`.trim();
  throw passing ? new Passing(what, answer.headers.get('retry-after')) : new Refused(what, { cause: said });
}

function note(desk: Desk, way: string, error: unknown): void {
  const { message, cause } = error as Error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const name = `${way}: ${message}${code}`;
  desk.troubles[name] = (desk.troubles[name] ?? 0) + 1;
}
