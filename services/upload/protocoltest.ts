import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import type { TestUpload } from './uploadtest.ts';

/** Is an answer to a raw request. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Is the stable code of a refusal. */
  code: string | undefined;
}

/** Is a raw request: a header of undefined is left out, also one that would be set otherwise. */
export interface Sending {
  headers?: Record<string, string | undefined>;
  body?: Uint8Array;
  /** Sends the body in chunks and these trailers after it. */
  trailers?: Record<string, string>;
  cookie?: string;
}

/** Makes Upload-Metadata that the test's event accepts. */
export function metadataOf(upload: TestUpload, more: Record<string, string> = {}): string {
  const said = { event_id: upload.eventId, filename: 'DSC_0001.JPG', ...more };
  return Object.entries(said)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** Sends one request as it is told, as no client library would let it be sent. */
export async function ask(upload: TestUpload, method: string, url: string, sending: Sending = {}): Promise<Answer> {
  const { headers = {}, body, trailers, cookie = upload.cookie } = sending;
  const length = body === undefined || trailers !== undefined ? {} : { 'content-length': String(body.length) };
  const all = { 'tus-resumable': '1.0.0', cookie, ...length, ...headers };
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const sent = request(url, { method, headers: set as Record<string, string> });
  if (trailers !== undefined) sent.addTrailers(trailers);
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const text = Buffer.concat(await answer.toArray()).toString();
  const code = text.startsWith('{') ? String(JSON.parse(text).code) : undefined;
  return { status: answer.statusCode, headers: answer.headers, code };
}

/** Asks for an upload of a length. */
export function post(upload: TestUpload, length: number | undefined, sending: Sending = {}): Promise<Answer> {
  const headers = {
    'upload-length': length === undefined ? undefined : String(length),
    'upload-metadata': metadataOf(upload),
    ...sending.headers,
  };
  return ask(upload, 'POST', upload.files, { ...sending, headers });
}

/** Creates an upload and answers its URL. */
export async function create(upload: TestUpload, length: number, sending: Sending = {}): Promise<string> {
  const { status, headers } = await post(upload, length, sending);
  if (status !== 201) throw new Error(`not created: ${status}`);
  return new URL(headers.location ?? '', upload.files).href;
}

/** Sends bytes at an offset. */
export function patch(upload: TestUpload, url: string, offset: number, sending: Sending): Promise<Answer> {
  const headers = {
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
    ...sending.headers,
  };
  return ask(upload, 'PATCH', url, { ...sending, headers });
}

/** Asks where an upload stands. */
export function head(upload: TestUpload, url: string, sending: Sending = {}): Promise<Answer> {
  return ask(upload, 'HEAD', url, sending);
}

/** Asks for the offset alone. */
export async function offsetOf(upload: TestUpload, url: string): Promise<number | undefined> {
  const { 'upload-offset': offset } = (await head(upload, url)).headers;
  return offset === undefined ? undefined : Number(offset);
}

/** Computes the value of Upload-Checksum. */
export function checksum(algorithm: string, bytes: Uint8Array): string {
  return `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`;
}

/** Is a PATCH whose body is under way. */
export interface Writing {
  /** Sends more of the body. */
  send(bytes: Uint8Array): void;
  /** Breaks the connection. */
  cut(): Promise<void>;
  /** Waits for the answer and gives its status; 0 when there is none. */
  status(): Promise<number>;
}

/** Begins a PATCH (or POST) on a connection of its own, with the first bytes of its body. */
export function begin(
  upload: TestUpload,
  url: string,
  what: { method?: string; offset: number; length: number; first: Uint8Array; headers?: Record<string, string> },
): Writing {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const headers = {
    host: hostname,
    cookie: upload.cookie,
    'tus-resumable': '1.0.0',
    'content-type': 'application/offset+octet-stream',
    'content-length': String(what.length),
    'upload-offset': String(what.offset),
    ...what.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${what.method ?? 'PATCH'} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`);
  socket.write(what.first);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.on('error', () => {});
  const answered = new Promise<number>((resolve) => {
    const look = () => resolve(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0));
    socket.once('data', look).once('close', look);
  });
  return {
    send: (bytes) => void socket.write(bytes),
    cut: async () => {
      if (!socket.destroy().closed) await once(socket, 'close');
    },
    status: () => answered,
  };
}
