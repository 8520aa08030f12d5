import type { JobFileAnswer } from '@kilat/contract';
import type { Announced } from './announce.ts';
import { createDirectSender } from './direct.ts';
import { hintProgress } from './hints.ts';
import { createIntake } from './intake.ts';
import { codeOfStatus, hasEnded, type Item, isKept, isOver, touch, waitingFor } from './item.ts';
import { passes, secondsToWait, type Trouble } from './patience.ts';
import { progressOf } from './progress.svelte.ts';
import { createReading } from './reading.ts';
import { wordsFor } from './refusal.ts';
import type { Sender, SenderEvents } from './sender.ts';
import { createTusSender } from './tus.ts';

// What fails together is announced together.
const gatherMs = 300;

/** Sends dropped files to one event, a few at once; what broke off goes on when the same files come again. */
export function createUploader(eventId: string) {
  const items = $state<Record<string, Item>>({});
  let order = $state<string[]>([]);
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const announcedAgain = new Set<string>();
  const itemOf = new Map<string, string>();
  const gathered = new Set<string>();
  const reading = createReading();
  let gathering: ReturnType<typeof setTimeout> | undefined;

  const events: SenderEvents = {
    progress(id, sent) {
      const item = items[id];
      if (item === undefined || hasEnded(item)) return;
      item.sent = sent;
      item.note = undefined;
      if (item.state === 'waiting') item.state = 'uploading';
    },
    stored(id) {
      const item = items[id];
      if (item !== undefined) Object.assign(item, { state: 'stored', sent: item.size, note: undefined });
    },
    failed(id, trouble, detail) {
      const item = items[id];
      if (item === undefined) return;
      if (isOver(trouble.status) && !announcedAgain.has(id)) announceAgain(item);
      else if (trouble.status === undefined) void waitOrMiss(item, trouble);
      else if (passes(trouble)) wait(item, trouble);
      else fail(item, trouble.code ?? codeOfStatus(trouble.status), detail);
    },
  };
  const senders: Record<'tus' | 'presigned', Sender> = {
    tus: createTusSender(events),
    presigned: createDirectSender(events),
  };
  const senderOf = ({ how }: Item) => (how === undefined ? undefined : senders[how]);

  // To a browser a card that was pulled looks like a connection that is away.
  async function waitOrMiss(item: Item, trouble: Trouble): Promise<void> {
    try {
      await reading.patiently(() => touch(item.file));
      wait(item, trouble);
    } catch {
      fail(item, 'unreadable', '');
    }
  }
  function wait(item: Item, trouble: Trouble): void {
    const seconds = secondsToWait(trouble, Date.now(), Math.random());
    Object.assign(item, { state: 'waiting', note: waitingFor(trouble.status, seconds) });
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
    if (item.how === undefined || announcedAgain.has(id)) announceAgain(item);
    else senderOf(item)?.retry(id);
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
    const id = `file-${nextId++}`;
    items[id] = { id, file, name: file.name, size: file.size, sent: 0, state: 'checking' };
    order.push(id);
    return items[id] as Item;
  }

  function begin(item: Item, outcome: Announced, jobId: string | undefined): void {
    if ('failure' in outcome) fail(item, outcome.failure.code, outcome.failure.message);
    else start(item, outcome.answer, jobId);
  }
  const { takeIn } = createIntake({ eventId, reading, isListed: ({ id }) => items[id] !== undefined, fail, begin });
  // What is to be announced again at about the same time is one card again, not one for each file.
  function announceAgain(item: Item): void {
    announcedAgain.add(item.id);
    senderOf(item)?.remove(item.id);
    item.how = undefined;
    gathered.add(item.id);
    gathering ??= setTimeout(() => {
      gathering = undefined;
      const some = [...gathered].flatMap((id) => items[id] ?? []);
      gathered.clear();
      void takeIn(some);
    }, gatherMs);
  }
  function start(item: Item | undefined, answer: JobFileAnswer, jobId: string | undefined): void {
    if (item === undefined || items[item.id] === undefined) return;
    Object.assign(item, { note: undefined, jobId, photoId: answer.photo_id });
    if (answer.how === 'duplicate') {
      Object.assign(item, { state: 'here', sent: item.size });
      return;
    }
    // The same file is on its way already, from an earlier drop: that one goes on.
    const other = items[itemOf.get(answer.photo_id) ?? ''];
    if (other !== undefined && other.id !== item.id && !hasEnded(other)) {
      remove(item.id);
      return;
    }
    itemOf.set(answer.photo_id, item.id);
    item.how = answer.how;
    senders[answer.how].send(item.id, item.file, answer.url ?? '');
  }

  function remove(id: string): void {
    const item = items[id];
    if (item !== undefined) senderOf(item)?.remove(id);
    clearTimeout(timers.get(id));
    timers.delete(id);
    order = order.filter((other) => other !== id);
    delete items[id];
  }

  const all = $derived(order.flatMap((id) => items[id] ?? []));
  const progress = progressOf(() => all);
  const active = $derived(all.filter((item) => !hasEnded(item)));

  $effect(() => {
    window.addEventListener('online', online);
    const stopHints = hintProgress(eventId, () =>
      active.flatMap(({ jobId, photoId, sent, state }) =>
        state === 'uploading' && jobId !== undefined && photoId !== undefined ? [{ jobId, photoId, sent }] : [],
      ),
    );
    return () => {
      window.removeEventListener('online', online);
      stopHints();
      clearTimeout(gathering);
      for (const timer of timers.values()) clearTimeout(timer);
      for (const sender of Object.values(senders)) sender.destroy();
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
      return all.filter(isKept).length;
    },
    get failed(): number {
      return all.filter(({ state }) => state === 'failed').length;
    },
    get pausedAll(): boolean {
      return active.length > 0 && active.every(({ state }) => state === 'paused');
    },
    /** Takes in what was dropped together. */
    async add(files: Iterable<File>): Promise<void> {
      await takeIn([...files].map(list));
    },
    pauseOrResume(id: string): void {
      const item = items[id];
      const paused = item && senderOf(item)?.pauseOrResume(id);
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
    remove,
    clearStored(): void {
      for (const item of all) if (isKept(item)) remove(item.id);
    },
  };
}
export type Uploader = ReturnType<typeof createUploader>;

let nextId = 0;
