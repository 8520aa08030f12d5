import { defaultMaxBytes } from '@kilat/contract';
import Uppy from '@uppy/core';
import Tus from '@uppy/tus';
import { span } from '#lib/messages/format.ts';
import { t } from '#lib/messages/t.ts';
import { sha256Of } from './hash.ts';
import { passes, secondsToWait, type Trouble } from './patience.ts';
import { progressOf } from './progress.svelte.ts';
import { codeOf, wordsFor } from './refusal.ts';

// Browsers open six connections to an origin over HTTP/1.1: one is for the live stream, one for everything else.
const atOnce = 4;
const retryDelays = [500, 1_000, 2_000, 4_000, 8_000];

/** Is one file on its way; `sent` counts bytes. `stored` is said only after the server said so. */
export interface Item {
  id: string;
  name: string;
  size: number;
  sent: number;
  state: 'waiting' | 'uploading' | 'paused' | 'stored' | 'failed';
  /** Says in words why it failed, or what a waiting file waits for. */
  note?: string | undefined;
  file?: File;
}

/** Is the part of a tus error that we read. */
interface TusError {
  originalResponse?: { getStatus(): number; getBody(): string; getHeader(name: string): string | undefined } | null;
}

/** Sends dropped files to one event by tus, a few at once; what broke off goes on when the same file comes again. */
export function createUploader(eventId: string) {
  const items = $state<Record<string, Item>>({});
  let order = $state<string[]>([]);
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const uppy = new Uppy({ autoProceed: true, allowMultipleUploadBatches: true });
  // The event is part of the endpoint and so of the key under which an unfinished upload is found again.
  uppy.use(Tus, {
    endpoint: `/files?event=${eventId}`,
    limit: atOnce,
    retryDelays,
    allowedMetaFields: ['event_id', 'filename', 'filetype', 'last_modified', 'sha256'],
    // A server that names its time is not asked before: the wait below takes over.
    onShouldRetry: (error, _attempt, _options, next) => troubleOf(error).retryAfter === null && next(error),
  });

  uppy.on('upload-progress', (file, { bytesUploaded }) => {
    const item = file && items[file.id];
    if (item === undefined || item.state === 'stored') return;
    item.sent = bytesUploaded || 0;
    item.note = undefined;
    if (item.state === 'waiting') item.state = 'uploading';
  });
  uppy.on('upload-success', (file) => {
    const item = file && items[file.id];
    if (item === undefined) return;
    Object.assign(item, { state: 'stored', sent: item.size, note: undefined });
    delete item.file;
  });
  uppy.on('upload-error', (file, error) => {
    const item = file && items[file.id];
    if (item === undefined) return;
    const trouble = troubleOf(error);
    if (passes(trouble)) return wait(item, trouble);
    const problem = codeOf((error as TusError).originalResponse?.getBody());
    fail(item, problem?.code, problem?.detail ?? error.message);
  });

  function wait(item: Item, trouble: Trouble): void {
    const seconds = secondsToWait(trouble, Date.now(), Math.random());
    const why = trouble.status === undefined ? 'upload.wait.network' : 'upload.wait.server';
    Object.assign(item, { state: 'waiting', note: t(why, { time: span(seconds) }) });
    timers.set(
      item.id,
      setTimeout(() => again(item.id), seconds * 1_000),
    );
  }
  function again(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const item = items[id];
    if (item === undefined) return;
    Object.assign(item, { state: 'waiting', note: undefined });
    if (uppy.getFile(id) !== undefined) void uppy.retryUpload(id);
    else if (item.file !== undefined) void send(item, item.file);
  }
  // The network is back: nobody wants to see the rest of a wait.
  const online = () => {
    for (const id of [...timers.keys()]) again(id);
  };

  function fail(item: Item, code: string | undefined, detail: string): void {
    item.state = 'failed';
    item.note = wordsFor(code, detail);
  }

  function list(file: File): Item {
    const id = `local-${crypto.randomUUID?.() ?? Math.random()}`;
    items[id] = { id, name: file.name, size: file.size, sent: 0, state: 'waiting', file };
    order.push(id);
    return items[id] as Item;
  }

  function rename(item: Item, id: string): void {
    if (items[id] !== undefined && items[id] !== item) order = order.filter((other) => other !== id);
    delete items[item.id];
    order = order.map((other) => (other === item.id ? id : other));
    items[id] = { ...item, id };
  }

  async function send(item: Item, file: File): Promise<void> {
    if (file.size === 0) return fail(item, 'empty_file', '');
    if (file.size > defaultMaxBytes) return fail(item, 'file_too_large', '');
    try {
      // A file that has gone, or whose card was pulled, fails here and not in silence.
      const sha256 = await sha256Of(file);
      if (items[item.id] === undefined) return;
      const meta = {
        event_id: eventId,
        filename: file.name,
        filetype: file.type,
        last_modified: String(file.lastModified),
        ...(sha256 ? { sha256 } : {}),
      };
      const known = uppy.getFiles().find((one) => isSame(one.data as File, file));
      if (known !== undefined) uppy.removeFile(known.id);
      rename(item, uppy.addFile({ name: file.name, type: file.type, data: file, meta }));
    } catch (error) {
      fail(item, undefined, error instanceof Error ? error.message : String(error));
    }
  }

  const all = $derived(order.flatMap((id) => items[id] ?? []));
  const progress = progressOf(() => all);
  const active = $derived(all.filter(({ state }) => state !== 'stored' && state !== 'failed'));

  $effect(() => {
    window.addEventListener('online', online);
    return () => {
      window.removeEventListener('online', online);
      for (const timer of timers.values()) clearTimeout(timer);
      uppy.destroy();
    };
  });

  return {
    progress,
    /** Lists the files as they came, those that failed first: nobody should have to look for them. */
    get items(): Item[] {
      return [...all.filter(({ state }) => state === 'failed'), ...all.filter(({ state }) => state !== 'failed')];
    },
    get active(): boolean {
      return active.length > 0;
    },
    get stored(): number {
      return all.filter(({ state }) => state === 'stored').length;
    },
    get failed(): number {
      return all.filter(({ state }) => state === 'failed').length;
    },
    get pausedAll(): boolean {
      return active.length > 0 && active.every(({ state }) => state === 'paused');
    },
    /** Takes files in, one after another, so that hashing never holds up what is already on its way. */
    async add(files: Iterable<File>): Promise<void> {
      const listed = [...files].map((file) => ({ item: list(file), file }));
      for (const { item, file } of listed) await send(item, file);
    },
    pauseOrResume(id: string): void {
      const item = items[id];
      const paused = uppy.pauseResume(id);
      if (item !== undefined && paused !== undefined) item.state = paused ? 'paused' : 'waiting';
    },
    pauseOrResumeAll(): void {
      const pause = !this.pausedAll;
      for (const { id, state } of active) if ((state === 'paused') !== pause) this.pauseOrResume(id);
    },
    retry: again,
    retryFailed(): void {
      for (const { id, state } of all) if (state === 'failed') again(id);
    },
    remove(id: string): void {
      if (uppy.getFile(id) !== undefined) uppy.removeFile(id);
      clearTimeout(timers.get(id));
      timers.delete(id);
      order = order.filter((other) => other !== id);
      delete items[id];
    },
    clearStored(): void {
      for (const { id, state } of all) if (state === 'stored') this.remove(id);
    },
  };
}
export type Uploader = ReturnType<typeof createUploader>;

function isSame(a: File, b: File): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
}

function troubleOf(error: unknown): Trouble {
  const answer = (error as TusError).originalResponse;
  return {
    status: answer?.getStatus(),
    code: codeOf(answer?.getBody())?.code,
    retryAfter: answer?.getHeader('retry-after') ?? null,
  };
}
