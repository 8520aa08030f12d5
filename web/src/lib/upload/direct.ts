import { ApiFailure } from '#lib/api/failure.ts';
import { sendPresigned } from './presigned.ts';
import { filesAtOnce, type Sender, type SenderEvents } from './sender.ts';

interface Sending {
  id: string;
  file: File;
  url: string;
  stop: AbortController | undefined;
  paused: boolean;
}

/** Makes the sender straight to the bucket; what broke off goes on at the part where it was. */
export function createDirectSender(events: SenderEvents): Sender {
  const known = new Map<string, Sending>();
  const queue: Sending[] = [];
  let running = 0;

  function next(): void {
    while (running < filesAtOnce && queue.length > 0) {
      const one = queue.shift();
      if (one !== undefined) void run(one);
    }
  }
  async function run(one: Sending): Promise<void> {
    running += 1;
    const stop = new AbortController();
    one.stop = stop;
    try {
      await sendPresigned(one.file, one.url, {
        signal: stop.signal,
        onProgress: (sent) => events.progress(one.id, sent),
      });
      events.stored(one.id);
    } catch (error) {
      if (!stop.signal.aborted) fail(one.id, error);
    } finally {
      one.stop = undefined;
      running -= 1;
      next();
    }
  }
  function fail(id: string, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    const known = error instanceof ApiFailure ? error : undefined;
    events.failed(id, { status: known?.status, code: known?.code, retryAfter: known?.retryAfter ?? null }, detail);
  }
  function enqueue(one: Sending): void {
    queue.push(one);
    next();
  }
  return {
    send(id, file, url) {
      const one = { id, file, url, stop: undefined, paused: false };
      known.set(id, one);
      enqueue(one);
    },
    pauseOrResume(id) {
      const one = known.get(id);
      if (one === undefined) return undefined;
      one.paused = !one.paused;
      if (!one.paused) enqueue(one);
      else if (one.stop !== undefined) one.stop.abort();
      else queue.splice(queue.indexOf(one), 1);
      return one.paused;
    },
    retry(id) {
      const one = known.get(id);
      if (one !== undefined && one.stop === undefined) enqueue(one);
    },
    remove(id) {
      const one = known.get(id);
      known.delete(id);
      if (one === undefined) return;
      one.stop?.abort();
      const at = queue.indexOf(one);
      if (at >= 0) queue.splice(at, 1);
    },
    destroy() {
      for (const { stop } of known.values()) stop?.abort();
      known.clear();
      queue.length = 0;
    },
  };
}
