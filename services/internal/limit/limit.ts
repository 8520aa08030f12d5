import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Meter } from '../metrics/meter.ts';
import { bucketsOf, type TakeTokens, type Told } from './bucket.ts';

/** Sets how many points a key has in some seconds, and whether a limiter that does not answer lets callers through. */
export interface LimitOptions {
  name: string;
  points: number;
  seconds: number;
  whenDown: 'open' | 'closed';
}

/** Takes points of a key, one unless told; throws exhausted with the seconds to wait. */
export type Limit = (key: string, points?: number) => Promise<void>;

/** Makes limits: across replicas with Redis, within this process without it. */
export interface Limits extends AsyncDisposable {
  limit(options: LimitOptions): Limit;
  /** Makes token buckets, one for each key. */
  bucket(name: string): TakeTokens;
}

// A Redis that is away or silent holds nobody up.
const redisOptions = { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 1_000 };

/** Opens the limits' store; `meter` counts how often it did not answer. */
export function openLimits(redisUrl: string | undefined, log: Logger, meter?: Meter): Limits {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, redisOptions);
  redis?.on('error', (err) => log.warn({ err }, 'redis not reached'));
  const silent = meter?.counter('limit_unanswered_total', 'Calls of a limiter that did not answer');
  const told = { log, onSilent: () => silent?.inc() };
  return {
    limit: (options) => limitOf(options, redis, told),
    bucket: (name) => bucketsOf(name, redis, told),
    [Symbol.asyncDispose]: async () => redis?.disconnect(),
  };
}

function limitOf(options: LimitOptions, redis: Redis | undefined, { log, onSilent }: Told): Limit {
  const common = { keyPrefix: `kilat:${options.name}`, points: options.points, duration: options.seconds };
  const limiter =
    redis === undefined ? new RateLimiterMemory(common) : new RateLimiterRedis({ ...common, storeClient: redis });
  return async (key, points) => {
    try {
      await limiter.consume(key, points);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw tooMany(error);
      onSilent();
      log.warn({ err: error, limit: options.name }, 'limiter does not answer');
      if (options.whenDown === 'closed') throw new Fault('unavailable', 'Try again in a moment.', { cause: error });
    }
  };
}

function tooMany(answer: RateLimiterRes): Fault {
  return new Fault('exhausted', 'Too many requests: wait a moment.', {
    retryAfter: Math.max(1, Math.ceil(answer.msBeforeNext / 1_000)),
  });
}
