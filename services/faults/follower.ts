import { Frame } from '@kilat/contract';
import { createParser } from 'eventsource-parser';

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
