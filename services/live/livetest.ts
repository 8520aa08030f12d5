import { Counts, Frame, Hello } from '@kilat/contract';
import { createParser } from 'eventsource-parser';

/** Is a guest's or a studio's page that follows an event and keeps what it heard. */
export interface Watcher {
  readonly hellos: Hello[];
  readonly frames: Frame[];
  readonly counts: Counts[];
  /** Lists what must never happen: frames that do not continue the last one, and resyncs. */
  readonly holes: string[];
  /** Counts the streams that were opened; statuses are the answers to all tries. */
  readonly statuses: number[];
  readonly cursor: string | undefined;
  /** Drops the connection; the watcher comes again by itself. */
  cut(): void;
  stop(): Promise<void>;
}

/** Watches an event as a browser does: reconnects at once, with the cursor of the last frame. */
export function watch(url: string, cookie: string, start: string | undefined): Watcher {
  const stopped = new AbortController();
  let connection = new AbortController();
  let cursor = start;
  let at = start === undefined ? undefined : Number(start.split('.')[1]);
  const heard = { hellos: [] as Hello[], frames: [] as Frame[], counts: [] as Counts[], holes: [] as string[] };
  const statuses: number[] = [];
  const parserOf = () =>
    createParser({
      onEvent({ event, data, id }) {
        if (event === 'hello') heard.hellos.push(Hello.parse(JSON.parse(data)));
        if (event === 'counts') heard.counts.push(Counts.parse(JSON.parse(data)));
        if (event === 'resync') heard.holes.push(`resync at ${cursor}`);
        if (event !== 'frame') return;
        const frame = Frame.parse(JSON.parse(data));
        at ??= heard.hellos.at(-1)?.head_seq;
        if (frame.from !== at) heard.holes.push(`${at} -> ${frame.from}`);
        at = frame.to;
        cursor = id ?? cursor;
        heard.frames.push(frame);
      },
    });
  async function follow(): Promise<void> {
    connection = new AbortController();
    const signal = AbortSignal.any([stopped.signal, connection.signal]);
    const query = cursor === undefined ? '' : `?after=${cursor}`;
    const answer = await fetch(`${url}${query}`, { headers: { cookie }, signal });
    statuses.push(answer.status);
    const [parser, text] = [parserOf(), new TextDecoder()];
    for await (const chunk of answer.body ?? []) parser.feed(text.decode(chunk, { stream: true }));
  }
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await follow().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    ...heard,
    statuses,
    get cursor() {
      return cursor;
    },
    cut: () => connection.abort(),
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
