import type { ServerResponse } from 'node:http';
import { type Frame, formatCursor, type Hello, type LiveEventName } from '@kilat/contract';

const mostUnsentBytes = 64 * 1024;

/** Is one open SSE response. */
export interface Stream {
  readonly closed: boolean;
  send(event: LiveEventName, data: object, id?: string): void;
  write(text: string): void;
  /** Ends the stream; the client comes again after about `retryMs`. */
  close(retryMs: number): void;
}

/** Opens a stream on a raw response: unbuffered, untransformed, and dropped when its client reads too slowly. */
export function openStream(res: ServerResponse): Stream {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const write = (text: string) => {
    if (res.destroyed || res.writableEnded) return;
    // A dropped client resumes by its cursor: better than a buffer that grows for it.
    if (res.writableLength > mostUnsentBytes) res.destroy();
    else res.write(text);
  };
  return {
    get closed() {
      return res.destroyed || res.writableEnded;
    },
    send: (event, data, id) => write(encodeEvent(event, data, id)),
    write,
    close(retryMs) {
      write(`retry: ${Math.round(retryMs)}\n\n`);
      res.end();
    },
  };
}

/** Writes one SSE event; JSON has no line breaks of its own. */
export function encodeEvent(event: LiveEventName, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Writes a frame, whose id is the cursor behind it. */
export function encodeFrame(frame: Frame): string {
  return encodeEvent('frame', frame, formatCursor({ epoch: frame.epoch, seq: frame.to }));
}

/** Greets a client: who we are, where the journal stands, and how to fetch pictures. */
export function greet(stream: Stream, hello: Hello): void {
  stream.write(`retry: ${Math.round(2_000 + Math.random() * 3_000)}\n\n`);
  stream.send('hello', hello);
}
