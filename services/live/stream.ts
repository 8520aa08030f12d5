import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Frame, formatCursor, type Hello, type LiveEventName } from '@kilat/contract';

const mostUnsentBytes = 64 * 1024;
const drainMs = 30_000;

/** Is one open SSE response. */
export interface Stream {
  readonly closed: boolean;
  /** Is true while nothing waits to be sent. */
  readonly idle: boolean;
  /** Writes at once; a client that has left too much unread is dropped, and resumes by its cursor. */
  write(bytes: Buffer): void;
  /** Waits until the client has taken what was written, or the stream is closed; drops who takes longer than 30 s. */
  drained(): Promise<void>;
  /** Ends the stream; the client comes again after about `retryMs`. */
  close(retryMs: number): void;
  onClose(handler: () => void): void;
}

/** Opens a stream on a raw response: unbuffered, untransformed, ended by its connection. `onDropped` hears of a client that is dropped. */
export function openStream(res: ServerResponse, onDropped: () => void = () => {}): Stream {
  // Without chunks events go to the socket as they are: a write costs a client half as much.
  res.removeHeader('transfer-encoding');
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  const { socket } = res;
  res.flushHeaders();
  socket?.setKeepAlive(true, 30_000);
  return streamOn(socket, onDropped);
}

function streamOn(socket: Socket | null, onDropped: () => void): Stream {
  const isClosed = () => socket === null || socket.destroyed || socket.writableEnded;
  const write = (bytes: Buffer) => {
    if (socket === null || isClosed()) return;
    if (socket.writableLength <= mostUnsentBytes) return void socket.write(bytes);
    onDropped();
    socket.destroy();
  };
  return {
    get closed() {
      return isClosed();
    },
    get idle() {
      return socket?.writableLength === 0;
    },
    write,
    drained: async () => {
      if (socket !== null && !isClosed() && socket.writableNeedDrain) await drain(socket);
    },
    close(retryMs) {
      write(Buffer.from(`retry: ${Math.round(retryMs)}\n\n`));
      socket?.end();
    },
    onClose(handler) {
      if (socket === null || socket.destroyed) handler();
      else socket.once('close', handler);
    },
  };
}

async function drain(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => socket.destroy(), drainMs);
  socket.once('drain', resolve).once('close', resolve);
  await promise;
  clearTimeout(timer);
  socket.off('drain', resolve).off('close', resolve);
}

/** Encodes one SSE event; JSON has no line breaks of its own. */
export function encodeEvent(event: LiveEventName, data: object, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Encodes a frame, whose id is the cursor behind it. */
export function encodeFrame(frame: Frame): Buffer {
  return encodeEvent('frame', frame, formatCursor({ epoch: frame.epoch, seq: frame.to }));
}

/** Encodes what a client hears first: when to come again, who we are, where the journal stands, and how many photos. */
export function encodeGreeting(hello: Hello, photoCount: number): Buffer {
  const retry = Buffer.from(`retry: ${Math.round(2_000 + Math.random() * 3_000)}\n\n`);
  return Buffer.concat([retry, encodeEvent('hello', hello), encodeEvent('counts', { photos: photoCount })]);
}
