import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../../deploy/local/port.ts';

/** Is a mail as it came: its bytes, and what a reader sees. */
export interface Mail {
  raw: string;
  parsed: ParsedMail;
  to: string;
}

/** Is a real mail server that keeps what it gets. */
export interface Mailbox extends AsyncDisposable {
  readonly url: string;
  readonly mails: Mail[];
  /** Is called on each connection, and on each mail before it is accepted. */
  hooks: { connected?: (() => void) | undefined; came?: ((mail: Mail) => void) | undefined };
  /** Answers a recipient with this instead of taking it, while it is set. */
  refusal: { code: number } | undefined;
}

/** Is a request as it came. */
export interface Request {
  id: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  path: string;
}

/** Is a real HTTP receiver that keeps what it gets. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
  hooks: { connected?: (() => void) | undefined; came?: ((request: Request) => void) | undefined };
  /** Gives the status of each answer; 204 unless told. */
  answer: (request: Request) => number;
}

/** Starts a mail server on loopback. */
export async function openMailbox(): Promise<Mailbox> {
  const port = await freePort();
  const box: Mailbox = {
    ...{ url: `smtp://127.0.0.1:${port}`, mails: [], hooks: {}, refusal: undefined },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], logger: false, closeTimeout: 100 },
    onConnect: (_session, done) => {
      box.hooks.connected?.();
      done();
    },
    onRcptTo: (_address, _session, done) =>
      done(box.refusal && Object.assign(new Error('not taken'), { responseCode: box.refusal.code })),
    onData: (stream, session, done) => {
      void keepMail(box, stream, session.envelope.rcptTo[0]?.address ?? '').then(() => done(), done);
    },
  });
  server.on('error', () => {}); // A sender that was killed leaves its connection behind.
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return box;
}

async function keepMail(box: Mailbox, stream: NodeJS.ReadableStream, to: string): Promise<void> {
  const raw = await text(stream);
  const mail = { raw, parsed: await simpleParser(raw), to };
  box.mails.push(mail);
  box.hooks.came?.(mail);
}

/** Starts a receiver of webhooks, or a push service, on loopback. */
export async function openReceiver(): Promise<Receiver> {
  const port = await freePort();
  const receiver: Receiver = {
    ...{ url: `http://127.0.0.1:${port}/hook`, requests: [], hooks: {}, answer: () => 204 },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const server = createServer(async (req, res) => {
    const body = Buffer.concat(await req.toArray().catch(() => []));
    const request = { id: String(req.headers['webhook-id']), headers: req.headers, body, path: req.url ?? '' };
    receiver.requests.push(request);
    receiver.hooks.came?.(request);
    res.writeHead(receiver.answer(request), { location: '/elsewhere' }).end();
  });
  server.on('connection', () => receiver.hooks.connected?.());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return receiver;
}

/** Lists the contents, as hashes, that each id of a webhook or a mail was seen with. */
export function contentsSeen(receiver: Receiver, mailbox: Mailbox): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  const note = (id: string, bytes: string | Buffer) => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    seen.set(id, (seen.get(id) ?? new Set()).add(hash));
  };
  for (const { id, headers, body } of receiver.requests) if (headers['webhook-id'] !== undefined) note(id, body);
  for (const { raw, parsed } of mailbox.mails) note(String(parsed.headers.get('x-kilat-notification')), raw);
  return seen;
}
