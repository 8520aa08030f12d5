import { readHead } from '#internal/journal/journal.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { Channel, type ChannelDeps, type Client } from './channel.ts';

const lookEveryMs = 2_000;
const heartbeatEveryMs = 15_000;

/** Keeps the channels of the events that somebody watches. */
export function createHub(deps: ChannelDeps) {
  const channels = new Map<string, Channel>();
  const streams = () => [...channels.values()].flatMap((channel) => [...channel.clients]);

  async function channelOf(eventId: string): Promise<Channel | undefined> {
    const known = channels.get(eventId);
    if (known !== undefined) return known;
    const head = await readHead(deps.database, eventId);
    if (head === undefined) return undefined;
    const channel = channels.get(eventId) ?? new Channel(deps, eventId, head);
    channels.set(eventId, channel);
    return channel;
  }

  return {
    channelOf,
    count: () => streams().length,
    wake: (eventId: string) => channels.get(eventId)?.wake(),
    wakeAll: () => {
      for (const channel of channels.values()) channel.wake();
    },
    join: (channel: Channel, client: Client) => void channel.clients.add(client),
    leave(eventId: string, client: Client): void {
      const channel = channels.get(eventId);
      channel?.clients.delete(client);
      if (channel?.clients.size === 0) channels.delete(eventId);
    },
    /** Looks at the heads every 2 s, whatever the bus says, and keeps connections warm every 15 s. */
    async watch(ctx: Context): Promise<void> {
      let beatAt = Date.now();
      while (!ctx.cancelled) {
        await pause(ctx, lookEveryMs);
        await wakeBehind().catch(() => {});
        for (const channel of channels.values()) channel.tick();
        if (Date.now() - beatAt < heartbeatEveryMs) continue;
        beatAt = Date.now();
        for (const { stream } of streams()) stream.write(':\n\n');
      }
    },
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

  async function wakeBehind(): Promise<void> {
    if (channels.size === 0) return;
    const heads = await deps.database.query<{ eventId: string; seq: number }>(
      `select event_id as "eventId", head_seq as seq from heads where event_id = any($1::uuid[])`,
      [[...channels.keys()]],
    );
    for (const { eventId, seq } of heads) {
      const channel = channels.get(eventId);
      if (channel !== undefined && channel.head.seq !== seq) channel.wake();
    }
  }
}
export type Hub = ReturnType<typeof createHub>;
