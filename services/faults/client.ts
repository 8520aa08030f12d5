import { Frame } from '@kilat/contract';
import { createParser } from 'eventsource-parser';
import { Upload } from 'tus-js-client';
import type { Shot } from './camera.ts';

/** Is what a client was told of one photo. */
export type Told =
  | { stored: true; photoId: string; shot: Shot }
  | { stored: false; shot: Shot; status: number | undefined; body: string };

/** Sends one photo as the studio's uploader does: tus, one PATCH, retries and resumes by itself. */
export function sendShot(
  files: string,
  cookie: string,
  eventId: string,
  shot: Shot,
  retryDelays = [100, 200, 400, 800, 1_600, 1_600, 1_600, 1_600],
): Promise<Told> {
  return new Promise((resolve) => {
    const upload = new Upload(shot.bytes, {
      endpoint: files,
      headers: { cookie },
      retryDelays,
      metadata: { event_id: eventId, filename: shot.name, filetype: 'image/jpeg', sha256: shot.sha256 },
      onSuccess: () => resolve({ stored: true, shot, photoId: upload.url?.split('/').at(-1) ?? '' }),
      onError: (error) => {
        const answer = 'originalResponse' in error ? error.originalResponse : null;
        resolve({ stored: false, shot, status: answer?.getStatus(), body: answer?.getBody() ?? error.message });
      },
    });
    upload.start();
  });
}

/** Follows an event's stream as a guest does, over reconnects; keeps every frame it applied. */
export function followLive(url: string, cookie: string, start: string) {
  const stop = new AbortController();
  const frames: Frame[] = [];
  let cursor = start;
  const holes: string[] = [];
  const parser = createParser({
    onEvent({ event, data, id }) {
      if (event === 'resync') holes.push(`resync at ${cursor}`);
      if (event !== 'frame') return;
      const frame = Frame.parse(JSON.parse(data));
      if (frame.from !== Number(cursor.split('.')[1])) holes.push(`${cursor} -> ${frame.from}`);
      frames.push(frame);
      cursor = id ?? cursor;
    },
  });
  async function once(): Promise<void> {
    const answer = await fetch(`${url}?after=${cursor}`, { headers: { cookie }, signal: stop.signal });
    const text = new TextDecoder();
    for await (const chunk of answer.body ?? []) parser.feed(text.decode(chunk, { stream: true }));
  }
  const running = (async () => {
    while (!stop.signal.aborted) {
      await once().catch(() => {});
      parser.reset();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    frames,
    holes,
    get seq() {
      return Number(cursor.split('.')[1]);
    },
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** Waits for a condition, looking every 100 ms; throws with its name when it does not come. */
export async function until(
  name: string,
  condition: () => Promise<boolean> | boolean,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${withinMs} ms: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
