import type { Channel as ChannelName } from '@kilat/contract';

/** Is one notification in our hands: `attempts` counts this try. */
export interface Owed {
  id: string;
  eventId: string | null;
  kind: string;
  channel: ChannelName;
  targetId: string;
  content: string;
  attempts: number;
  createdAt: Date;
  giveUpAt: Date;
}

/**
 * Is what came of a try: `refused` for good, `gone` with its reader, `unwanted` by its reader now, `later` after at least
 * some milliseconds, or `down`, when the channel itself does not work, which costs no try.
 */
export type Result =
  | { state: 'sent'; status?: number }
  | { state: 'refused' | 'gone'; status?: number; error: string }
  | { state: 'unwanted' }
  | { state: 'later'; status?: number; error: string; class: 'rate_limit' | 'network' | 'server'; waitMs?: number }
  | { state: 'down'; error: string };

/** Is one way to readers; `send` throws only what nobody foresaw. */
export interface Channel {
  readonly name: ChannelName;
  send(owed: Owed, signal: AbortSignal): Promise<Result>;
}
