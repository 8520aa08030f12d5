import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Ledger } from './ledger.ts';

/** Asks for what is not its own, again and again; every answer must be a refusal. */
export interface Intruder extends AsyncDisposable {
  /** Counts the answers. */
  readonly refusals: number;
}

/** Is who intrudes and where: with the session of a guest of another event, and with none. */
export interface Intrusion {
  fleet: Fleet;
  ledger: Ledger;
  eventId: string;
  cookies: readonly string[];
  complain: (what: string) => void;
}

interface Attempt {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
}

const everyMs = 250;
const patienceMs = 5_000;
const tus = { 'tus-resumable': '1.0.0' };
const patch = { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };

/** Starts an intruder. */
export function startIntruder(intrusion: Intrusion): Intruder {
  const { fleet, ledger, eventId, cookies, complain } = intrusion;
  const intruder = { refusals: 0 };
  let [over, turn] = [false, 0];
  async function intrude(photoId: string): Promise<void> {
    const attempts = attemptsAt(fleet, eventId, photoId);
    const attempt = attempts[turn % attempts.length];
    const cookie = cookies[Math.floor(turn / attempts.length) % cookies.length] ?? '';
    turn += 1;
    const status = attempt && (await statusOf(attempt, cookie));
    if (status === undefined) return;
    intruder.refusals += 1;
    if (status < 400) complain(`I7: ${attempt?.method} ${attempt?.url} answered ${status} to a stranger`);
  }
  const running = (async () => {
    for (; !over; await sleep(everyMs)) {
      const [photo] = await ledger.query<{ id: string }>(
        'select photo_id as id from photos where event_id = $1 order by photo_id desc limit 1',
        [eventId],
      );
      if (photo !== undefined) await intrude(photo.id);
    }
  })();
  return Object.assign(intruder, {
    async [Symbol.asyncDispose]() {
      over = true;
      await running;
    },
  });
}

function attemptsAt({ api, live, media, uploads }: Fleet, eventId: string, photoId: string): Attempt[] {
  const [files = ''] = uploads;
  const upload = `${files}/files/${eventId}/${photoId}`;
  const metadata = Object.entries({ event_id: eventId, filename: 'a.jpg', filetype: 'image/jpeg' });
  const said = metadata.map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`).join(',');
  return [
    { method: 'HEAD', url: upload, headers: tus },
    { method: 'PATCH', url: upload, headers: patch, body: 'intruder' },
    { method: 'DELETE', url: upload, headers: tus },
    { method: 'POST', url: `${files}/files`, headers: { ...tus, 'upload-length': '8', 'upload-metadata': said } },
    { method: 'GET', url: `${api}/api/events/${eventId}` },
    { method: 'GET', url: `${api}/api/events/${eventId}/photos` },
    { method: 'GET', url: `${live}/live/events/${eventId}` },
    { method: 'GET', url: `${media}/media/${eventId}/${photoId}/1/small?c=none` },
  ];
}

/** Gives the status of an answer; undefined where nobody answered. */
async function statusOf({ method, url, headers, body }: Attempt, cookie: string): Promise<number | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patienceMs);
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, cookie },
      signal: stop.signal,
      ...(body && { body }),
    });
    return answer.status;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
