import { defaultMaxBytes } from '@kilat/contract';
import Uppy from '@uppy/core';
import Tus from '@uppy/tus';
import { sha256Of } from './hash.ts';
import { codeOf, wordsFor } from './refusal.ts';

const atOnce = 6;
const retryDelays = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000];

/** Is one file on its way; `sent` counts bytes. `stored` is said only after the server said so. */
export interface Item {
  id: string;
  name: string;
  size: number;
  sent: number;
  state: 'waiting' | 'uploading' | 'paused' | 'stored' | 'failed';
  error?: string;
  file?: File;
}

/** Sends dropped files to one event by tus, a few at once; what broke off goes on when the same file comes again. */
export function createUploader(eventId: string) {
  const items = $state<Record<string, Item>>({});
  let order = $state<string[]>([]);
  let pausedAll = $state(false);
  let speed = $state(0);
  const uppy = new Uppy({ autoProceed: true, allowMultipleUploadBatches: true });
  // The event is part of the endpoint and so of the key under which an unfinished upload is found again.
  uppy.use(Tus, {
    endpoint: `/files?event=${eventId}`,
    limit: atOnce,
    retryDelays,
    allowedMetaFields: ['event_id', 'filename', 'filetype', 'last_modified', 'sha256'],
  });

  uppy.on('upload-progress', (file, { bytesUploaded }) => {
    const item = file && items[file.id];
    if (item === undefined || item.state === 'stored') return;
    item.sent = bytesUploaded || 0;
    if (item.state === 'waiting') item.state = 'uploading';
  });
  uppy.on('upload-success', (file) => {
    const item = file && items[file.id];
    if (item === undefined) return;
    Object.assign(item, { state: 'stored', sent: item.size, error: undefined });
    delete item.file;
  });
  uppy.on('upload-error', (file, error) => {
    const item = file && items[file.id];
    if (item === undefined) return;
    const answer = (error as { originalResponse?: { getBody(): string } | null }).originalResponse;
    const problem = codeOf(answer?.getBody());
    fail(item, problem?.code, problem?.detail ?? error.message);
  });

  function fail(item: Item, code: string | undefined, detail: string): void {
    item.state = 'failed';
    item.error = wordsFor(code, detail);
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
    const sha256 = await sha256Of(file);
    const meta = {
      event_id: eventId,
      filename: file.name,
      filetype: file.type,
      last_modified: String(file.lastModified),
      ...(sha256 ? { sha256 } : {}),
    };
    try {
      const known = uppy
        .getFiles()
        .find(
          (one) =>
            one.name === file.name && one.size === file.size && (one.data as File).lastModified === file.lastModified,
        );
      if (known !== undefined) uppy.removeFile(known.id);
      rename(item, uppy.addFile({ name: file.name, type: file.type, data: file, meta }));
    } catch (error) {
      fail(item, undefined, error instanceof Error ? error.message : String(error));
    }
  }

  const all = $derived(order.flatMap((id) => items[id] ?? []));
  const active = $derived(all.filter(({ state }) => state !== 'stored' && state !== 'failed'));
  const sent = $derived(all.reduce((sum, item) => sum + item.sent, 0));

  $effect(() => {
    let last = { at: Date.now(), sent: 0 };
    const timer = setInterval(() => {
      const now = { at: Date.now(), sent: all.reduce((sum, item) => sum + item.sent, 0) };
      const rate = Math.max(0, now.sent - last.sent) / ((now.at - last.at) / 1_000);
      speed = speed === 0 ? rate : speed * 0.7 + rate * 0.3;
      last = now;
    }, 1_000);
    return () => {
      clearInterval(timer);
      uppy.destroy();
    };
  });

  return {
    get items(): Item[] {
      return all;
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
    get share(): number {
      const total = all.reduce((sum, item) => sum + (item.state === 'failed' ? 0 : item.size), 0);
      return total === 0 ? 0 : Math.min(1, sent / total);
    },
    get speed(): number {
      return speed;
    },
    get secondsLeft(): number | undefined {
      const left = active.reduce((sum, item) => sum + item.size - item.sent, 0);
      return speed > 1_000 && left > 0 ? left / speed : undefined;
    },
    get pausedAll(): boolean {
      return pausedAll;
    },
    /** Takes files in, one after another, so that hashing never holds up what is already on its way. */
    async add(files: Iterable<File>): Promise<void> {
      const listed = [...files].map((file) => ({ item: list(file), file }));
      for (const { item, file } of listed) await send(item, file);
    },
    pauseOrResume(id: string): void {
      const item = items[id];
      const paused = uppy.pauseResume(id);
      if (item !== undefined && paused !== undefined) item.state = paused ? 'paused' : 'uploading';
    },
    pauseOrResumeAll(): void {
      pausedAll = !pausedAll;
      if (pausedAll) uppy.pauseAll();
      else uppy.resumeAll();
      for (const item of active) item.state = pausedAll ? 'paused' : 'uploading';
    },
    retry(id: string): void {
      const item = items[id];
      if (item === undefined) return;
      Object.assign(item, { state: 'waiting', error: undefined });
      if (uppy.getFile(id) === undefined) {
        if (item.file !== undefined) void send(item, item.file);
      } else void uppy.retryUpload(id);
    },
    retryFailed(): void {
      for (const { id, state } of all) if (state === 'failed') this.retry(id);
    },
    remove(id: string): void {
      if (uppy.getFile(id) !== undefined) uppy.removeFile(id);
      order = order.filter((other) => other !== id);
      delete items[id];
    },
    clearStored(): void {
      for (const { id, state } of all) if (state === 'stored') this.remove(id);
    },
  };
}
export type Uploader = ReturnType<typeof createUploader>;
