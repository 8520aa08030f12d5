import { type Entry, type Frame, maxFrameEntries } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import { buildFrame, readAfter } from '#internal/frames/frame.ts';
import { type Head, readEntries, readHead } from '#internal/journal/journal.ts';
import type { Audience } from '#internal/photos/view.ts';
import { sliceAfter } from './slice.ts';
import { encodeEvent, encodeFrame, type Stream } from './stream.ts';

const quietMs = 250;
const countsEveryMs = 1_000;
const ringSize = 256;

/** Is one client of a channel: what it may see, and how far it has been served. */
export interface Client {
  readonly stream: Stream;
  readonly audience: Audience;
  seq: number;
  /** Is true while the client is being brought up to date; frames wait in the ring meanwhile. */
  catchingUp: boolean;
}

/** Is what channels need. */
export interface ChannelDeps {
  database: Database;
  onSent: (eventId: string, entries: readonly Entry[], clients: number) => void;
}

/**
 * Serves one event's watchers. News of it only wakes the channel: what is sent is read from PostgreSQL, whose seqs are
 * dense, so that late, doubled or lost messages do no harm. A frame is built once per audience.
 */
export class Channel {
  readonly clients = new Set<Client>();
  readonly #deps: ChannelDeps;
  readonly #eventId: string;
  readonly #rings: Record<Audience, Frame[]> = { guest: [], team: [] };
  #head: Head;
  #flushing: Promise<void> | undefined;
  #again = false;
  #flushedAt = 0;
  #countedAt = 0;
  #counted: number;

  constructor(deps: ChannelDeps, eventId: string, head: Head) {
    this.#deps = deps;
    this.#eventId = eventId;
    this.#head = head;
    this.#counted = head.photoCount;
  }

  get head(): Head {
    return this.#head;
  }

  /** Says that the event may have news: served at once when it was quiet, else within 250 ms. */
  wake(): void {
    this.#again = true;
    this.#flushing ??= this.#run().finally(() => {
      this.#flushing = undefined;
      if (this.#again) this.wake();
    });
  }

  /** Brings a client from its seq to where the channel stands, from the ring or from PostgreSQL. */
  async catchUp(client: Client): Promise<void> {
    client.catchingUp = true;
    while (!client.stream.closed && client.seq < this.#head.seq) {
      const frame = this.#fromRing(client) ?? (await this.#fromDatabase(client));
      if (frame === undefined) break;
      this.#send(client, frame);
    }
    client.catchingUp = false;
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#flushedAt + quietMs - Date.now())));
    this.#again = false;
    this.#flushedAt = Date.now();
    // What fails now is tried at the next look, which comes within two seconds.
    await this.#flush().catch(() => {});
  }

  async #flush(): Promise<void> {
    const news = await this.#deps.database.snapshot(async (tx) => {
      const head = await readHead(tx, this.#eventId);
      if (head === undefined || head.seq === this.#head.seq) return undefined;
      const entries = await readEntries(tx, this.#eventId, this.#head.seq, maxFrameEntries);
      const frameFor = (audience: Audience) => buildFrame(tx, this.#eventId, this.#head, entries, audience);
      return { head, entries, frames: { guest: await frameFor('guest'), team: await frameFor('team') } };
    });
    if (news === undefined) return;
    this.#head = { ...news.head, seq: news.frames.guest.to };
    this.#again ||= news.head.seq > this.#head.seq;
    this.#publish(news.frames, news.entries);
  }

  #publish(frames: Record<Audience, Frame>, entries: readonly Entry[]): void {
    const texts = { guest: encodeFrame(frames.guest), team: encodeFrame(frames.team) };
    for (const audience of ['guest', 'team'] as const) {
      this.#rings[audience].push(frames[audience]);
      if (this.#rings[audience].length > ringSize) this.#rings[audience].shift();
    }
    for (const client of this.clients) {
      const frame = frames[client.audience];
      if (client.catchingUp) continue;
      if (client.seq === frame.from) this.#write(client, texts[client.audience], frame.to);
      else void this.catchUp(client);
    }
    this.#count();
    this.#deps.onSent(this.#eventId, entries, this.clients.size);
    if (entries.some(({ type }) => type === 'link.revoked' || type === 'event.changed')) this.#dismissGuests();
  }

  /** Ends guests' streams, so that their rights are looked at again when they come back. */
  #dismissGuests(): void {
    for (const { audience, stream } of this.clients) if (audience === 'guest') stream.close(500 + Math.random() * 500);
  }

  #count(): void {
    if (this.#counted === this.#head.photoCount || Date.now() - this.#countedAt < countsEveryMs) return;
    this.#countedAt = Date.now();
    this.#counted = this.#head.photoCount;
    const text = encodeEvent('counts', { photos: this.#counted });
    for (const { stream } of this.clients) stream.write(text);
  }

  #fromRing(client: Client): Frame | undefined {
    for (const frame of this.#rings[client.audience]) {
      const sliced = sliceAfter(frame, client.seq);
      if (sliced !== undefined) return sliced;
    }
    return undefined;
  }

  async #fromDatabase(client: Client): Promise<Frame | undefined> {
    const cursor = { epoch: this.#head.epoch, seq: client.seq };
    return (await readAfter(this.#deps.database, this.#eventId, client.audience, cursor))?.frame;
  }

  #send(client: Client, frame: Frame): void {
    this.#write(client, encodeFrame(frame), frame.to);
  }

  #write(client: Client, text: string, seq: number): void {
    client.stream.write(text);
    client.seq = seq;
  }

  /** Looks whether the counter was held back, for who watches an event that has gone quiet. */
  tick(): void {
    this.#count();
  }
}
