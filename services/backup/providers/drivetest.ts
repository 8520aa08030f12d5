import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DriveKey, parseDriveKey } from './driveauth.ts';
import { type Answer, type Ask, createDriveStore, type DriveStore, problem } from './drivestoretest.ts';
import { createTokenOffice, type TokenOffice } from './drivetokentest.ts';
import { createUploads, type Uploads } from './driveuploadtest.ts';

/** Names what clients do. */
export type Operation =
  | ('token' | 'ids' | 'get' | 'media' | 'search' | 'create' | 'update' | 'remove')
  | ('begin' | 'chunk' | 'status');

/**
 * Is what goes wrong with one call: an answer without an effect; a connection that breaks at a random byte (of the
 * answer for `media`, else of the request); an effect without an answer; a part of a chunk that is not taken.
 */
export type Trouble = { status: number; reason?: string; retryAfter?: number } | 'cut' | 'unanswered' | 'short';

/** Is a server that follows the documented protocol of Google Drive, and fails as it is told. */
export interface DriveStandIn extends AsyncDisposable {
  readonly url: string;
  readonly keyText: string;
  readonly key: DriveKey;
  readonly store: DriveStore;
  readonly office: TokenOffice;
  readonly uploads: Uploads;
  /** Counts the calls. */
  readonly calls: Record<Operation, number>;
  /** Lets the next calls of one operation go wrong in turn. */
  fail(operation: Operation, ...troubles: readonly Trouble[]): void;
  /** Lets this share of all calls go wrong at random, as the seed has it. */
  failAtRandom(share: number): void;
  /** Is away: every connection breaks at once. */
  away: boolean;
  /** Is called when a call has begun; what it lets go wrong counts for that call. */
  before: (operation: Operation) => void;
}

const passing: readonly Trouble[] = [
  { status: 500, reason: 'internalError' },
  { status: 503, reason: 'backendError' },
  { status: 429, reason: 'rateLimitExceeded' },
  { status: 403, reason: 'userRateLimitExceeded' },
  'cut',
  'unanswered',
  'short',
];

/** Starts a stand-in on a free port. */
export async function startDrive({ seed = 1 } = {}): Promise<DriveStandIn> {
  const store = createDriveStore();
  const [office, uploads, random] = [createTokenOffice(), createUploads(store), seeded(seed)];
  const planned = new Map<Operation, Trouble[]>();
  let share = 0;
  const server = createServer((request, response) => void serve(request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function troubleOf(operation: Operation): Trouble | undefined {
    const next = planned.get(operation)?.shift();
    if (next !== undefined || random() >= share) return next;
    const trouble = passing[Math.floor(random() * passing.length)];
    return trouble === 'short' && operation !== 'chunk' ? 'cut' : trouble;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', url);
    const { method = 'GET' } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, `${value}`]));
    const operation = operationOf(method, path, query, headers);
    if (operation === undefined) return void request.socket.destroy();
    standIn.calls[operation] += 1;
    standIn.before(operation);
    if (standIn.away) return void request.socket.destroy();
    const trouble = troubleOf(operation);
    const length = Number(headers['content-length'] ?? 0);
    const enough = trouble === 'cut' && operation !== 'media' ? Math.floor(random() * length) : length;
    const body = await collect(request, enough);
    const ask: Ask = { method, path, query, headers, body };
    if (typeof trouble === 'object') return send(response, refusal(trouble));
    if (trouble === 'cut' && operation !== 'media') {
      if (operation === 'chunk') uploads.put(ask, true);
      return void request.socket.destroy();
    }
    const short = trouble === 'short' && operation === 'chunk';
    const answer = short
      ? uploads.put({ ...ask, body: body.subarray(0, Math.floor(random() * length)) }, true)
      : answerTo(operation, ask);
    if (trouble === 'unanswered') return void request.socket.destroy();
    const { bytes } = answer;
    send(response, answer, trouble === 'cut' && bytes ? Math.floor(random() * bytes.byteLength) : undefined);
  }

  function answerTo(operation: Operation, ask: Ask): Answer {
    if (operation === 'token') return office.answer(ask.body.toString(), `${url}/token`);
    if (!office.isGood(ask.headers.authorization)) return problem(401, 'authError');
    const answers: Record<Exclude<Operation, 'token'>, (ask: Ask) => Answer> = {
      ...{ ids: store.generateIds, get: store.get, media: store.media, search: store.search },
      ...{ create: store.create, update: store.update, remove: store.remove },
      ...{ begin: (begun) => uploads.begin(begun, url), chunk: uploads.put, status: uploads.put },
    };
    return answers[operation](ask);
  }

  const keyText = office.keyText(`${url}/token`);
  const key = parseDriveKey(keyText);
  if (key === undefined) throw new Error('the key of the stand-in is none');
  const calls = { token: 0, ids: 0, get: 0, media: 0, search: 0, create: 0, update: 0, remove: 0 };
  const standIn: DriveStandIn = {
    ...{ url, keyText, key, store, office, uploads, calls: { ...calls, begin: 0, chunk: 0, status: 0 } },
    fail: (operation, ...troubles) => {
      planned.set(operation, [...(planned.get(operation) ?? []), ...troubles]);
    },
    failAtRandom(wanted) {
      share = wanted;
    },
    away: false,
    before() {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}

function operationOf(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: Record<string, string>,
): Operation | undefined {
  const [files, uploads] = ['/drive/v3/files', '/upload/drive/v3/files'];
  if (path.startsWith(uploads)) {
    if (method !== 'PUT') return 'begin';
    return headers['content-range']?.startsWith('bytes */') ? 'status' : 'chunk';
  }
  if (path === '/token') return 'token';
  if (path === `${files}/generateIds`) return 'ids';
  if (path === files) return method === 'POST' ? 'create' : 'search';
  if (!path.startsWith(`${files}/`)) return undefined;
  if (method === 'GET') return query.get('alt') === 'media' ? 'media' : 'get';
  return method === 'PATCH' ? 'update' : 'remove';
}

async function collect(request: IncomingMessage, enough: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  if (enough === 0) return Buffer.alloc(0);
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      length += pieces[pieces.push(piece as Buffer) - 1]?.byteLength ?? 0;
      if (length >= enough) break;
    }
  } catch {
    // The client went away: what came counts.
  }
  return Buffer.concat(pieces).subarray(0, enough);
}

function refusal({ status, reason = 'unexplained', retryAfter }: Exclude<Trouble, string>): Answer {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
  return { ...problem(status, reason), headers };
}

function send(response: ServerResponse, answer: Answer, cutAt?: number): void {
  const body = answer.bytes ?? (answer.json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(answer.json)));
  const type = answer.bytes === undefined ? 'application/json; charset=UTF-8' : 'application/octet-stream';
  response.writeHead(answer.status, { 'content-type': type, 'content-length': body.byteLength, ...answer.headers });
  if (cutAt === undefined) response.end(body);
  else response.write(body.subarray(0, cutAt), () => response.socket?.destroy());
}

// mulberry32: 32 bits of state, repeated exactly by its seed.
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
