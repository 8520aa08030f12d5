import { type Entry, type Frame, maxFrameEntries } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import { buildFrames, readAfter } from '#internal/frames/frame.ts';
import { type Head, type KeptEntry, readEntries, readHead } from '#internal/journal/journal.ts';
import type { Audience } from '#internal/photos/view.ts';
import { type FollowedJob, frameOfJob } from './job.ts';
import type { Counts } from './metrics.ts';
import { createRing, type Ring } from './ring.ts';
import { encodeEvent, encodeFrame, type Stream } from './stream.ts';

const quietMs = 250;
const countsEveryMs = 1_000;
const ringEntries = 1_000;
const audiences = ['guest', 'team'] as const;

/** Is one client of a channel: what it may see, by which link or account, and how far it has been served. */
export interface Client {
  readonly stream: Stream;
  readonly audience: Audience;
  readonly linkId: string | undefined;
  readonly accountId: string | undefined;
  /** Is the job that the client follows, if not the whole event. */
  readonly job?: FollowedJob | undefined;
  seq: number;
  /** Is true while the client is being brought up to date; frames wait in the ring meanwhile. */
  catchingUp: boolean;
}

/** Is what channels need. */
export interface ChannelDeps {
  database: Database;
  counts: Counts;
  onSent: (eventId: string, entries: readonly KeptEntry[], clients: number) => void;
  onRightsEnded: () => void;
}

/**
 * Serves one event's watchers. News of it only wakes the channel: what is sent is read from PostgreSQL, whose seqs are
 * dense, so that late, doubled or lost messages do no harm. A frame is built and encoded once per audience.
 */
export class Channel {
  readonly clients = new Set<Client>();
  readonly #deps: ChannelDeps;
  readonly #eventId: string;
  readonly #rings: Record<Audience, Ring> = { guest: createRing(ringEntries), team: createRing(ringEntries) };
  readonly #reads = new Map<string, Promise<Frame | undefined>>();
  #head: Head;
  #flushing: Promise<void> | undefined;
  #again = false;
  #nextFlushAt = 0;
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

  /** Brings a client from its seq to where the channel stands; who cannot be served now is asked to come again. */
  async catchUp(client: Client): Promise<void> {
    client.catchingUp = true;
    try {
      while (!client.stream.closed && client.seq < this.#head.seq) {
        const frame = this.#rings[client.audience].after(client.seq) ?? (await this.#read(client));
        if (frame === undefined || frame.to <= client.seq) return client.stream.close(quietMs);
        this.#write(client, frame);
        await client.stream.drained();
      }
    } catch {
      client.stream.close(1_000 + Math.random() * 2_000);
    } finally {
      client.catchingUp = false;
    }
  }

  /** Sends the counter when it was held back, for who watches an event that has gone quiet. */
  tick(): void {
    if (this.#counted === this.#head.photoCount || Date.now() - this.#countedAt < countsEveryMs) return;
    this.#countedAt = Date.now();
    this.#counted = this.#head.photoCount;
    const bytes = encodeEvent('counts', { photos: this.#counted });
    for (const { stream, catchingUp } of this.clients) if (!catchingUp) stream.write(bytes);
  }

  /** Ends streams whose clients then come again, so that their rights are looked at again. */
  dismiss(whom: (client: Client) => boolean): void {
    for (const client of this.clients) if (whom(client)) client.stream.close(500 + Math.random() * 500);
  }

  async #run(): Promise<void> {
    const wait = this.#nextFlushAt - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.#again = false;
    this.#nextFlushAt = Date.now() + quietMs;
    // What fails now is tried at the next look, which comes within two seconds.
    await this.#flush().catch(() => {});
  }

  async #flush(): Promise<void> {
    const from = this.#head;
    const news = await this.#deps.database.snapshot(async (tx) => {
      const head = await readHead(tx, this.#eventId);
      if (head === undefined || (head.epoch === from.epoch && head.seq <= from.seq)) return undefined;
      const entries = head.epoch === from.epoch ? await readEntries(tx, this.#eventId, from.seq, maxFrameEntries) : [];
      return { head, entries, frames: await buildFrames(tx, this.#eventId, from, entries) };
    });
    if (news === undefined) return;
    if (news.head.epoch !== from.epoch) return this.#restart(news.head);
    this.#head = { ...news.head, seq: news.frames.guest.to };
    this.#again ||= news.head.seq > this.#head.seq;
    this.#publish(news.frames, news.entries);
  }

  // The database came back from a backup: no cursor of before can be followed.
  #restart(head: Head): void {
    this.#head = head;
    for (const audience of audiences) this.#rings[audience].clear();
    this.dismiss(() => true);
  }

  #publish(frames: Record<Audience, Frame>, entries: readonly KeptEntry[]): void {
    const startedAt = performance.now();
    for (const audience of audiences) this.#rings[audience].push(frames[audience]);
    const bytes = { guest: encodeFrame(frames.guest), team: encodeFrame(frames.team) };
    for (const client of this.clients) {
      if (client.catchingUp) continue;
      const frame = frames[client.audience];
      if (client.seq === frame.from) this.#write(client, frame, bytes[client.audience]);
      else void this.catchUp(client);
    }
    this.tick();
    // Sending takes half of a core at most, however many watch.
    this.#nextFlushAt = Math.max(this.#nextFlushAt, Date.now() + performance.now() - startedAt);
    this.#deps.onSent(this.#eventId, entries, this.clients.size);
    for (const entry of entries) this.#endRights(entry);
  }

  #endRights({ type, data }: Entry): void {
    if (type === 'link.revoked') this.dismiss(({ linkId }) => linkId !== undefined && linkId === data.link_id);
    else if (type === 'member.changed' || type === 'member.removed')
      this.dismiss(({ accountId }) => accountId !== undefined && accountId === data.account_id);
    else if (type === 'event.changed' && data.state !== 'live' && data.state !== 'closed')
      this.dismiss(({ audience }) => audience === 'guest');
    else return;
    this.#deps.onRightsEnded();
  }

  // After a restart of this replica all clients come with one and the same cursor: they share one look-up.
  #read({ audience, seq }: Client): Promise<Frame | undefined> {
    const key = `${audience} ${seq}`;
    const reading = this.#reads.get(key) ?? this.#readFrame(audience, seq).finally(() => this.#reads.delete(key));
    this.#reads.set(key, reading);
    return reading;
  }

  async #readFrame(audience: Audience, seq: number): Promise<Frame | undefined> {
    const cursor = { epoch: this.#head.epoch, seq };
    return (await readAfter(this.#deps.database, this.#eventId, audience, cursor))?.frame;
  }

  #write(client: Client, frame: Frame, encoded?: Buffer): void {
    const { job, stream } = client;
    stream.write(job === undefined ? (encoded ?? encodeFrame(frame)) : encodeFrame(frameOfJob(frame, job)));
    client.seq = frame.to;
    this.#deps.counts.deliveries += 1;
  }
}
