import { type PresignedPart, PresignedPlan } from '@kilat/contract';
import { call } from '#lib/api/client.ts';

const waits = [1_000, 2_000, 4_000, 4_000, 4_000];
const partsAtOnce = 3;

/** Is how a photo straight to the bucket is watched and stopped. */
export interface PresignedOptions {
  signal: AbortSignal;
  /** Is told how many bytes of the file are in the bucket or on their way there. */
  onProgress: (sent: number) => void;
}

type Note = (part: number, sent: number) => void;

/**
 * Puts a file straight into the bucket by the URLs that our server signs, each part retried on its own after 1, 2 and 4 s,
 * five times, with a fresh URL when the old one is not taken any more; then the server looks for itself and stores the
 * photo. What is in the bucket already is not sent again.
 */
export async function sendPresigned(file: Blob, url: string, { signal, onProgress }: PresignedOptions): Promise<void> {
  const arrived = new Map<number, number>();
  const note: Note = (part, sent) => {
    arrived.set(part, sent);
    onProgress([...arrived.values()].reduce((sum, bytes) => sum + bytes, 0));
  };
  let plan = await planOf(url);
  for (let before = -1; plan.parts.length > 0 && plan.stored.length > before; plan = await planOf(url)) {
    before = plan.stored.length;
    for (const part of plan.stored) note(part, sizeOf(plan, part, file.size));
    await sendParts(file, url, plan.parts, note, signal);
  }
  signal.throwIfAborted();
  await call('POST', `${plan.url}/complete`, {});
}

async function sendParts(
  file: Blob,
  url: string,
  parts: readonly PresignedPart[],
  note: Note,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...parts];
  const broken = new AbortController();
  const both = AbortSignal.any([signal, broken.signal]);
  const sender = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
      await sendPart(file, url, part, note, both);
  };
  try {
    await Promise.all(Array.from({ length: partsAtOnce }, sender));
  } finally {
    broken.abort(); // what one part has given up, the others do not go on with unseen
  }
}

async function sendPart(file: Blob, url: string, first: PresignedPart, note: Note, signal: AbortSignal): Promise<void> {
  let part = first;
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    const status = await put(file.slice(part.start, part.end), part, (sent) => note(part.part, sent), signal);
    // 412: an earlier try arrived after all.
    if (status === 200 || status === 412) return note(part.part, part.end - part.start);
    const wait = waits[tries];
    if (wait === undefined) throw new Error(`the bucket does not take part ${part.part}`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (status === 403) part = (await planOf(url, [part.part])).parts[0] ?? part;
  }
}

// XMLHttpRequest, because fetch does not tell how far an upload is. Answers undefined when the connection broke.
function put(
  body: Blob,
  { url, headers }: PresignedPart,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener('abort', stop, { once: true });
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onloadend = () => {
      signal.removeEventListener('abort', stop);
      resolve(request.status || undefined);
    };
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}

async function planOf(url: string, parts?: number[]): Promise<PresignedPlan> {
  return PresignedPlan.parse(await call('POST', url, parts === undefined ? {} : { parts }));
}

function sizeOf(plan: PresignedPlan, part: number, length: number): number {
  return Math.min(plan.part_size, length - (part - 1) * plan.part_size);
}
