import { randomUUID } from 'node:crypto';
import {
  type Answer,
  type Ask,
  type DriveStore,
  type FakeFile,
  metadataIn,
  picked,
  problem,
} from './drivestoretest.ts';

const quantum = 256 * 1024;

interface Session {
  metadata: NonNullable<ReturnType<typeof metadataIn>>;
  mimeType: string;
  size: number;
  fields: string | null;
  replaces: FakeFile | undefined;
  got: Buffer;
  done: FakeFile | undefined;
  over: 404 | 410 | undefined;
}

/** Stands in for resumable uploads. */
export interface Uploads {
  begin(ask: Ask, origin: string): Answer;
  /** Takes what a request brought; `cut` when its connection broke: then only whole 256 KiB are kept, and no file made. */
  put(ask: Ask, cut?: boolean): Answer;
  /** Ends all sessions, as a week does. */
  expire(status: 404 | 410): void;
  readonly open: number;
}

/** Opens resumable uploads into a drive. */
export function createUploads(store: DriveStore): Uploads {
  const sessions = new Map<string, Session>();
  return {
    get open() {
      return [...sessions.values()].filter(({ done, over }) => done === undefined && over === undefined).length;
    },
    begin(ask, origin) {
      const metadata = metadataIn(ask);
      const size = Number(ask.headers['x-upload-content-length']);
      if (metadata === undefined || ask.query.get('uploadType') !== 'resumable') return problem(400, 'badRequest');
      const replaces = ask.method === 'PATCH' ? store.files.get(ask.path.split('/').at(-1) ?? '') : undefined;
      if (ask.method === 'PATCH' && replaces === undefined) return problem(404, 'notFound');
      const refusal = replaces === undefined ? store.refuses(metadata, size) : undefined;
      if (refusal !== undefined) return refusal;
      const id = randomUUID();
      const mimeType = ask.headers['x-upload-content-type'] ?? 'application/octet-stream';
      const fresh = { got: Buffer.alloc(0), done: undefined, over: undefined };
      sessions.set(id, { metadata, mimeType, size, fields: ask.query.get('fields'), replaces, ...fresh });
      const location = `${origin}/upload/drive/v3/files?uploadType=resumable&upload_id=${id}`;
      return { status: 200, headers: { location } };
    },
    put(ask, cut = false) {
      const session = sessions.get(ask.query.get('upload_id') ?? '');
      if (session === undefined || session.over !== undefined) return problem(session?.over ?? 404, 'notFound');
      const range = /^bytes (?:\*|(\d+)-(\d+))\/(\d+)$/.exec(ask.headers['content-range'] ?? '');
      if (range === null || Number(range[3]) !== session.size) return problem(400, 'badContent');
      if (session.done === undefined) {
        const refusal = take(
          session,
          range[1] === undefined ? undefined : Number(range[1]),
          Number(range[2]),
          ask,
          cut,
        );
        if (refusal !== undefined) return refusal;
      }
      if (!cut && session.done === undefined && session.got.byteLength === session.size) return finish(store, session);
      return session.done === undefined ? progress(session) : success(store, session, session.done);
    },
    expire(status) {
      for (const session of sessions.values()) session.over = status;
    },
  };
}

function take(session: Session, from: number | undefined, to: number, ask: Ask, cut: boolean): Answer | undefined {
  if (from === undefined) return undefined;
  const last = to === session.size - 1;
  const whole = cut || ask.body.byteLength === to - from + 1;
  if (from > session.got.byteLength || !whole) return problem(400, 'badContent');
  if (!last && (to - from + 1) % quantum !== 0) return problem(400, 'badContent');
  const fresh = ask.body.subarray(session.got.byteLength - from);
  const kept = cut ? fresh.subarray(0, Math.floor(fresh.byteLength / quantum) * quantum) : fresh;
  session.got = Buffer.concat([session.got, kept]);
  return undefined;
}

function finish(store: DriveStore, session: Session): Answer {
  const refusal = session.replaces === undefined ? store.refuses(session.metadata, session.size) : undefined;
  if (refusal !== undefined) return refusal;
  if (session.replaces !== undefined) {
    store.fill(session.replaces, session.got);
    session.done = session.replaces;
  } else session.done = store.make(session.metadata, session.mimeType, session.got);
  return success(store, session, session.done);
}

function success(store: DriveStore, session: Session, file: FakeFile): Answer {
  return { status: session.replaces ? 200 : 201, json: picked(file, store.driveId, session.fields) };
}

function progress({ got }: Session): Answer {
  return { status: 308, headers: got.byteLength === 0 ? {} : { range: `bytes=0-${got.byteLength - 1}` } };
}
