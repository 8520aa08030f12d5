import type { JobProgress } from '@kilat/contract';
import { readJobs } from '#internal/jobs/view.ts';
import { readHead } from '#internal/journal/journal.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { Channel, type ChannelDeps, type Client } from './channel.ts';
import { createProgress, tellJob } from './job.ts';
import { encodeEvent } from './stream.ts';

const lookEveryMs = 2_000;
const jobsEveryMs = 1_000;
const heartbeatEveryMs = 13_000;
const heartbeat = Buffer.from(':\n\n');

/** Keeps the channels of the events that somebody watches. */
export function createHub(deps: Omit<ChannelDeps, 'onRightsEnded'>) {
  const channels = new Map<string, Channel>();
  let rightsEnded = 0;
  const channelDeps: ChannelDeps = {
    ...deps,
    onRightsEnded: () => {
      rightsEnded += 1;
    },
  };
  const streams = () => [...channels.values()].flatMap((channel) => [...channel.clients]);

  async function channelOf(eventId: string): Promise<Channel | undefined> {
    const known = channels.get(eventId);
    if (known !== undefined) return known;
    const head = await readHead(deps.database, eventId);
    return head === undefined ? undefined : new Channel(channelDeps, eventId, head);
  }

  return {
    /** Gives the channel that a client of an event will follow, perhaps a new one; undefined for an unknown event. */
    channelOf,
    /** Counts how often rights were ended: who was admitted while it moved is looked at again. */
    rightsEnded: () => rightsEnded,
    /** Counts the events that somebody follows. */
    events: () => channels.size,
    wake: (eventId: string) => channels.get(eventId)?.wake(),
    wakeAll: () => {
      for (const channel of channels.values()) channel.wake();
    },
    /** Lets a client follow until its stream closes, and gives its channel; one that nobody follows ends. */
    join(eventId: string, found: Channel, client: Client): Channel {
      const channel = channels.get(eventId) ?? found;
      channels.set(eventId, channel);
      channel.clients.add(client);
      client.stream.onClose(() => {
        channel.clients.delete(client);
        if (channel.clients.size === 0 && channels.get(eventId) === channel) channels.delete(eventId);
      });
      return channel;
    },
    /** Looks at the heads every 2 s, whatever the bus says, and keeps connections warm at least every 15 s. */
    async watch(ctx: Context): Promise<void> {
      let beatAt = Date.now();
      while (!ctx.cancelled) {
        await pause(ctx, lookEveryMs);
        await wakeBehind().catch(() => {});
        for (const channel of channels.values()) channel.tick();
        if (Date.now() - beatAt < heartbeatEveryMs) continue;
        beatAt = Date.now();
        for (const { stream } of streams()) if (stream.idle) stream.write(heartbeat);
      }
    },
    /** Tells once a second who follows a job how far it is; what fails now is tried at the next look. */
    async watchJobs(ctx: Context): Promise<void> {
      while (!ctx.cancelled) {
        await pause(ctx, jobsEveryMs);
        for (const [eventId, channel] of channels) await tellJobs(eventId, channel).catch(() => {});
      }
    },
    /** Passes progress hints on to who follows their job. */
    progress: createProgress(({ event_id, job_id, files }: JobProgress) => {
      const bytes = encodeEvent('progress', { files });
      for (const client of channels.get(event_id)?.clients ?? [])
        if (client.job?.jobId === job_id) client.stream.write(bytes);
    }),
    /** Closes all streams, spread over some seconds, so that their clients do not come back all at once. */
    async dismiss(seconds: number): Promise<void> {
      const all = streams();
      const closing = all.map(async ({ stream }) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * seconds * 1_000));
        stream.close(200 + Math.random() * 800);
      });
      await Promise.all(closing);
    },
  };

  async function tellJobs(eventId: string, channel: Channel): Promise<void> {
    const clients = [...channel.clients].filter(({ job }) => job !== undefined);
    const jobIds = [...new Set(clients.flatMap(({ job }) => job?.jobId ?? []))];
    if (jobIds.length === 0) return;
    const views = await readJobs(deps.database, { eventId, jobIds, limit: jobIds.length });
    for (const client of clients) for (const view of views) tellJob(client, view);
  }

  async function wakeBehind(): Promise<void> {
    if (channels.size === 0) return;
    const heads = await deps.database.query<{ eventId: string; epoch: string; seq: number }>(
      `select h.event_id as "eventId", i.epoch, h.head_seq as seq from heads h cross join installation i where h.event_id = any($1::uuid[])`,
      [[...channels.keys()]],
    );
    for (const { eventId, epoch, seq } of heads) {
      const channel = channels.get(eventId);
      if (channel !== undefined && (channel.head.seq !== seq || channel.head.epoch !== epoch)) channel.wake();
    }
  }
}
export type Hub = ReturnType<typeof createHub>;
