import { setTimeout as sleep } from 'node:timers/promises';
import { Upload } from 'tus-js-client';
import type { Shot } from './camera.ts';
import type { History } from './history.ts';

/** Is what became of one shot for its photographer. */
export type Told =
  | { stored: true; shot: Shot; photoId: string }
  | { stored: false; shot: Shot; status: number | undefined; body: string };

/** Says where a photographer sends, and what is noted of the answers. */
export interface Desk {
  files: () => string;
  cookie: string;
  eventId: string;
  history: History;
  /** Is told of what a client must never see: an offset that went back, an answer that no client can act on. */
  complain: (what: string) => void;
  /** Tells whether a second tab joins in on an upload. */
  twin: () => boolean;
  /** Is how often a photographer starts a file over; 30 times unless told. */
  tries?: number;
  /** Counts bytes sent beyond each photo's own. */
  resent: (bytes: number) => void;
}

const retryDelays = [100, 200, 400, 800, 1_600, 3_200, 3_200, 3_200, 3_200];
const mostTries = 30;

/** Sends one shot until it is stored or refused, starting over as a person does when an upload has failed for good. */
export async function sendStubbornly(desk: Desk, client: number, shot: Shot): Promise<Told> {
  let told: Told = { stored: false, shot, status: undefined, body: '' };
  for (let tries = 0; tries < (desk.tries ?? mostTries); tries++) {
    told = await sendOnce(desk, client, shot);
    if (told.stored || told.status === 415 || told.status === 400) break;
    await sleep(500 + 250 * tries);
  }
  if (!told.stored) note(desk, client, shot, told.status === 415 || told.status === 400 ? 'refused' : 'failed');
  return told;
}

/** Sends one shot as the studio's uploader does: tus, one PATCH, retries and resumes by itself. */
function sendOnce(desk: Desk, client: number, shot: Shot): Promise<Told> {
  const { promise, resolve } = Promise.withResolvers<Told>();
  let [acked, sent] = [0, 0];
  const photoId = () => upload.url?.split('/').at(-1) ?? '';
  const upload = new Upload(shot.bytes, {
    endpoint: desk.files(),
    headers: { cookie: desk.cookie },
    retryDelays,
    metadata: { event_id: desk.eventId, filename: shot.name, filetype: 'image/jpeg', sha256: shot.sha256 },
    onProgress: (bytes) => {
      sent = bytes;
    },
    onAfterResponse(req, res) {
      const [method, status] = [req.getMethod(), res.getStatus()];
      const offset = Number(res.getHeader('Upload-Offset') ?? Number.NaN);
      if (status >= 500 && !(status === 503 && res.getHeader('Retry-After') !== undefined))
        desk.complain(`I9: ${method} answered ${status}`);
      if (method === 'HEAD' && status === 200) {
        if (offset < acked) desk.complain(`I2: ${photoId()} went back from ${acked} to ${offset}`);
        desk.resent(Math.max(0, sent - offset));
      }
      if (status < 300 && offset >= acked) acked = offset;
      const [retryAfter, code] = [res.getHeader('Retry-After'), status < 400 ? undefined : codeIn(res.getBody())];
      const answer = { method, status, offset, code, retryAfter, photoId: photoId() };
      desk.history.add({ client, shot: shot.number, what: 'answered', ...answer });
    },
    onUploadUrlAvailable: () => {
      if (desk.twin() && upload.url !== null) sendTwin(desk, shot, upload.url);
    },
    onSuccess: () => {
      note(desk, client, shot, 'stored', photoId());
      resolve({ stored: true, shot, photoId: photoId() });
    },
    onError: (error) => {
      const answer = 'originalResponse' in error ? error.originalResponse : null;
      resolve({ stored: false, shot, status: answer?.getStatus(), body: answer?.getBody() ?? error.message });
    },
  });
  upload.start();
  return promise;
}

function codeIn(body: string): string | undefined {
  return /"code":"(\w+)"/.exec(body)?.[1];
}

// A second tab with the same file: what it does must disturb nothing.
function sendTwin(desk: Desk, shot: Shot, uploadUrl: string): void {
  const { cookie } = desk;
  const twin = new Upload(shot.bytes, { uploadUrl, headers: { cookie }, retryDelays: [300, 900], onError: () => {} });
  twin.start();
}

function note(desk: Desk, client: number, shot: Shot, what: 'stored' | 'refused' | 'failed', photoId?: string): void {
  desk.history.add({ client, shot: shot.number, what, photoId });
}
