import type { Redis } from 'ioredis';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';

/** Sets a bucket: how many tokens it holds, and how many flow in a minute. */
export interface BucketSize {
  tokens: number;
  perMinute: number;
}

/** Takes tokens of a key; throws exhausted with the seconds until there are enough, or `invalid` when there never are. */
export type TakeTokens = (key: string, count: number, size: BucketSize) => Promise<void>;

/** Takes what is there: 0, or the milliseconds until there is enough. */
type Take = (key: string, count: number, size: BucketSize) => Promise<number>;

// A token bucket by Redis' own clock, which rate-limiter-flexible has not (it counts in windows); it is full again, and forgotten, after tokens / perMinute minutes.
const script = `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local size, rate, count = tonumber(ARGV[1]), tonumber(ARGV[2]) / 60000, tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(size, (tonumber(kept[1]) or size) + (ms - (tonumber(kept[2]) or ms)) * rate)
if tokens < count then return math.ceil((count - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - count), 'at', ms)
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate))
return 0`;

/** Is who hears of a limiter that does not answer. */
export interface Told {
  log: Logger;
  onSilent: () => void;
}

/** Makes buckets: across replicas with Redis, within this process without it; a Redis that is down lets callers through. */
export function bucketsOf(name: string, redis: Redis | undefined, { log, onSilent }: Told): TakeTokens {
  const take = redis === undefined ? inMemory() : inRedis(name, redis);
  return async (key, count, size) => {
    if (count > size.tokens) throw new Fault('invalid', `At most ${size.tokens} photos may be announced at once.`);
    const waitMs = await take(key, count, size).catch((err: unknown) => {
      onSilent();
      log.warn({ err, limit: name }, 'limiter does not answer');
      return 0;
    });
    if (waitMs <= 0) return;
    throw new Fault('exhausted', 'Too many uploads begin at once: wait a moment.', {
      retryAfter: Math.ceil(waitMs / 1_000),
    });
  };
}

function inRedis(name: string, redis: Redis): Take {
  return async (key, count, { tokens, perMinute }) =>
    Number(await redis.eval(script, 1, `kilat:${name}:${key}`, tokens, perMinute, count));
}

interface Kept {
  tokens: number;
  at: number;
  fullAt: number;
}

function inMemory(): Take {
  const buckets = new Map<string, Kept>();
  return async (key, count, { tokens: size, perMinute }) => {
    const [now, rate] = [Date.now(), perMinute / 60_000];
    const kept = buckets.get(key) ?? { tokens: size, at: now };
    const tokens = Math.min(size, kept.tokens + (now - kept.at) * rate) - count;
    if (tokens < 0) return Math.ceil(-tokens / rate);
    buckets.delete(key);
    buckets.set(key, { tokens, at: now, fullAt: now + (size - tokens) / rate });
    forgetFull(buckets, now);
    return 0;
  };
}

// What was used longest ago comes first; a full bucket is as good as none.
function forgetFull(buckets: Map<string, Kept>, now: number): void {
  for (const [key, { fullAt }] of buckets) {
    if (fullAt > now) return;
    buckets.delete(key);
  }
}
