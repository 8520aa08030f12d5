import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type * as z from 'zod';
import { createDriveAuth, type DriveKey } from './driveauth.ts';
import { passes, Refusal, refusalOf } from './driverefusal.ts';

// About 0.5, 1, 2 and 4 s and up to as much again; what lasts longer is for the stage that waits without a worker.
const backoff = { retries: 4, factor: 2, randomize: true };
const longestWaitSeconds = 10;

/** Is how the API is reached. */
export interface DriveApiOptions {
  key: DriveKey;
  subject?: string | undefined;
  /** Is the origin of the API, without a path. */
  endpoint: string;
  timeoutMs: number;
  /** Is the first wait before a call is made again, in milliseconds. */
  backoffMs: number;
}

/** Is one call; answers with a status in `fine` are no failures. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: URL | string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  fine?: readonly number[];
}

/** Makes signed calls; what fails is thrown as a Refusal. */
export interface DriveApi {
  url(path: string, query?: Record<string, string>): URL;
  /** Makes a call once; the body of its answer is still to be read. */
  once(call: Call, signal: AbortSignal): Promise<Response>;
  /** Makes a call, again while that helps, and reads its answer. */
  ask<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  /** Makes a call, again while that helps, and reads nothing. */
  tell(call: Call, signal: AbortSignal): Promise<Response>;
  /** Runs work again while that helps; `attempt` counts from 1. */
  again<T>(work: (attempt: number) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Makes the way to the API. */
export function createDriveApi(options: DriveApiOptions): DriveApi {
  const auth = createDriveAuth(options.key, options.subject, options.timeoutMs);
  async function once(call: Call, signal: AbortSignal): Promise<Response> {
    const token = await auth.token();
    const response = await send(call, token, options.timeoutMs, signal);
    if (response.ok || call.fine?.includes(response.status)) return response;
    if (response.status === 401) auth.forget(token);
    throw await refusalOf(response);
  }
  const again: DriveApi['again'] = (work, signal) =>
    pRetry(work, {
      ...{ ...backoff, minTimeout: options.backoffMs, signal },
      shouldRetry: ({ error, attemptNumber }) => helps(error, attemptNumber),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        const wait = retriesLeft > 0 && helps(error, attemptNumber) ? waitOf(error) : 0;
        if (wait > 0) await delay(wait * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
      },
    });
  return {
    url: (path, query = {}) => new URL(`${path}?${new URLSearchParams(query)}`, options.endpoint),
    once,
    ask: (call, schema, signal) => again(async () => read(await once(call, signal), schema, signal), signal),
    tell: (call, signal) =>
      again(async () => {
        const response = await once(call, signal);
        await response.body?.cancel();
        return response;
      }, signal),
    again,
  };
}

async function send(call: Call, token: string, timeoutMs: number, signal: AbortSignal): Promise<Response> {
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const { method, url, body } = call;
  try {
    return await fetch(url, {
      ...{ method, redirect: 'manual', signal: AbortSignal.any([signal, late.signal]) }, // 308 is no redirection here
      ...{ headers: { ...call.headers, authorization: `Bearer ${token}` }, body: body ?? null },
    });
  } catch {
    signal.throwIfAborted();
    throw new Refusal(0, late.signal.aborted ? 'timed_out' : 'connection_lost');
  } finally {
    clearTimeout(timer); // A long body may take longer than its head.
  }
}

async function read<T>(response: Response, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const body = await response.text().catch(() => {
    signal.throwIfAborted();
    throw new Refusal(0, 'connection_lost');
  });
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw new Refusal(502, 'unreadable');
  }
}

// A token may be withdrawn before its time: the second try has a new one.
function helps(error: Error, attempt: number): boolean {
  if (error instanceof Refusal && error.status === 401) return attempt === 1;
  return passes(error) && waitOf(error) <= longestWaitSeconds;
}

function waitOf(error: Error): number {
  return error instanceof Refusal ? (error.retryAfter ?? 0) : 0;
}
