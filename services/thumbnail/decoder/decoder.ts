import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Fault } from '#internal/fault/fault.ts';
import type { Logger } from '#internal/log/log.ts';
import { type DecodeRequest, type Preview, type Rendered, Reply } from './protocol.ts';

/** Limits a decoder process. */
export interface DecoderLimits {
  /** Is how long one photo may take, in milliseconds; then the process is killed. */
  timeoutMs: number;
  /** Is how much memory it may use, in bytes, above what a Node process has from its start. */
  memoryBytes: number;
}

/** Is how one photo is watched and stopped. */
export interface Watch {
  signal: AbortSignal;
  onPreview: (preview: Preview) => void;
}

/** Is one decoder process. After an ask that threw anything but kind `invalid` it is dead. */
export interface Decoder {
  readonly alive: boolean;
  /** Counts the photos that it has decoded. */
  readonly photos: number;
  /** Is its memory after the last photo. */
  readonly rssBytes: number;
  /** Says that the last photo may have failed for want of memory. */
  readonly hungry: boolean;
  /**
   * Decodes one photo, one at a time. Throws a Fault of kind invalid for a file that cannot be decoded or keeps the
   * processor busy for ever, internal when the process died or got no time.
   */
  ask(request: DecodeRequest, watch: Watch): Promise<Rendered>;
  kill(): void;
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url));
// Which counts nothing of what libraries reserve outside of it.
const heapMegabytes = 256;
const startMs = 30_000;
// Linux counts processor time in hundredths of a second, wherever Node runs.
const ticksPerSecond = 100;
// Who had less of a processor than this in its whole time was starved: the photo may be a good one.
const busyShare = 0.25;

/** Starts a decoder: it gets no setting and no secret of ours, and confines itself before it reads a photo. */
export async function startDecoder(limits: DecoderLimits, log: Logger): Promise<Decoder> {
  const child = fork(childFile, [String(limits.memoryBytes)], {
    // ARENA_MAX: memory of one photo that glibc would keep scattered goes back: 40 % less of it.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2', LANG: 'C.UTF-8' },
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const replies = repliesOf(child);
  try {
    const ready = await replies.next(AbortSignal.timeout(startMs));
    if (ready.type !== 'ready') throw died();
    if (Object.values(ready.confined).includes(false)) log.warn(ready.confined, 'decoder not confined');
    return decoderOf(child, replies, limits);
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Fault('unavailable', 'No decoder could be started.', { cause, class: 'server' });
  }
}

function decoderOf(child: ChildProcess, replies: Replies, limits: DecoderLimits): Decoder {
  let [photos, rssBytes, hungry] = [0, 0, false];
  const kill = () => void child.kill('SIGKILL');
  return {
    get alive() {
      return child.connected && !child.killed && child.exitCode === null;
    },
    get photos() {
      return photos;
    },
    get rssBytes() {
      return rssBytes;
    },
    get hungry() {
      return hungry;
    },
    kill,
    async ask(request, { signal, onPreview }) {
      const [deadline, began] = [AbortSignal.timeout(limits.timeoutMs), await cpuSeconds(child)];
      try {
        child.send(request);
        const last = await lastOf(replies, onPreview, AbortSignal.any([deadline, signal]));
        photos += 1;
        rssBytes = last.rssBytes;
        hungry = last.type === 'undecodable' && last.hungry;
        if (last.type === 'rendered') return last.rendered;
        throw new Fault('invalid', last.message, { status: 422 });
      } catch (error) {
        if (error instanceof Fault && error.kind === 'invalid') throw error;
        const used = (await cpuSeconds(child)) - began;
        kill();
        throw deadline.aborted ? lateness(used, limits.timeoutMs / 1_000) : error;
      }
    },
  };
}

/** Waits for the reply that ends a photo, and hands the preview before it on. */
async function lastOf(replies: Replies, onPreview: Watch['onPreview'], signal: AbortSignal): Promise<LastReply> {
  for (;;) {
    const reply = await replies.next(signal);
    if (reply.type === 'rendered' || reply.type === 'undecodable') return reply;
    if (reply.type !== 'previewed') throw broken(reply);
    onPreview(reply.preview);
  }
}

type LastReply = Extract<Reply, { type: 'rendered' | 'undecodable' }>;

interface Replies {
  /** Waits for the next reply; throws a Fault when the process died, or said what makes no sense, and the signal's reason. */
  next(signal: AbortSignal): Promise<Reply>;
}

function repliesOf(child: ChildProcess): Replies {
  const said: Reply[] = [];
  let ended = false;
  let wake = () => {};
  child.on('message', (message) => {
    const reply = Reply.safeParse(message);
    if (reply.success) said.push(reply.data);
    else child.kill('SIGKILL');
    wake();
  });
  const end = () => {
    ended = true;
    wake();
  };
  child.once('exit', end).once('error', end);
  return {
    async next(signal) {
      for (;;) {
        const reply = said.shift();
        if (reply !== undefined) return reply;
        if (ended) throw died();
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
  };
}

function died(): Fault {
  return new Fault('internal', 'The decoder ended in the middle of the photo.');
}

/** Judges a decoder that did not end in its time, by the processor seconds that it had. */
export function lateness(used: number, seconds: number): Fault {
  return used > seconds * busyShare
    ? new Fault('invalid', 'The photo takes too long to decode.', { status: 422 })
    : new Fault('internal', 'The decoder got too little of the processor.', { class: 'server' });
}

// What it says goes into the log, not to people: it may be anything.
function broken(reply: Reply): Fault {
  if (reply.type === 'broken' && reply.full)
    return new Fault('unavailable', 'There is no room to work in.', { cause: reply.message, class: 'server' });
  return new Fault('internal', 'The decoder broke off.', { cause: 'message' in reply ? reply.message : reply.type });
}

async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / ticksPerSecond;
}
