import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describeError } from './error.ts';
import type { Reporter, ReportOptions } from './open.ts';

const mostAMinute = 30;
const sendMs = 3_000;
const restSeconds = 60;

/**
 * Sends each report as an envelope, at most 30 a minute; while the receiver asks for a pause, or is away, the rest is let go: the
 * log has it. There is no user, no request and no environment in a report.
 */
export function envelopeReporter({ dsn, target, version, onRefused }: ReportOptions & { dsn: string }): Reporter {
  const { url, key } = addressOf(dsn);
  const headers = {
    'content-type': 'application/x-sentry-envelope',
    'x-sentry-auth': `Sentry sentry_version=7, sentry_client=kilat/${version}, sentry_key=${key}`,
  };
  const sending = new Set<Promise<void>>();
  let [restsUntil, minute, sent, isTold] = [0, 0, 0, false];

  function mayReport(): boolean {
    const now = Date.now();
    if (now < restsUntil) return false;
    const thisMinute = Math.floor(now / 60_000);
    if (thisMinute !== minute) [minute, sent] = [thisMinute, 0];
    sent += 1;
    return sent <= mostAMinute;
  }
  async function send(body: string): Promise<void> {
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(sendMs) });
      await answer.body?.cancel();
      if (answer.ok) return;
      refused({ status: answer.status });
      rest(Number(answer.headers.get('retry-after')) || restSeconds);
    } catch (err) {
      refused({ err });
      rest(restSeconds);
    }
  }
  // A mistyped address would be noticed by nobody; that it still refuses is no news.
  function refused(why: { status: number } | { err: unknown }): void {
    if (!isTold) onRefused?.(why);
    isTold = true;
  }
  function rest(seconds: number): void {
    restsUntil = Date.now() + seconds * 1_000;
  }
  return {
    report(message, error) {
      if (!mayReport()) return;
      const one = send(envelopeOf({ message, error, target, version })).finally(() => sending.delete(one));
      sending.add(one);
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([Promise.all(sending), setTimeout(sendMs, undefined, { ref: false })]);
    },
  };
}

// https://<key>@<host>/<path>/<project>
function addressOf(dsn: string): { url: string; key: string } {
  const { protocol, host, pathname, username } = new URL(dsn);
  const at = pathname.lastIndexOf('/');
  return { url: `${protocol}//${host}${pathname.slice(0, at)}/api/${pathname.slice(at + 1)}/envelope/`, key: username };
}

interface Reported {
  message: string;
  error: unknown;
  target: string;
  version: string;
}

function envelopeOf({ message, error, target, version }: Reported): string {
  const event_id = randomUUID().replaceAll('-', '');
  const now = new Date();
  const values = describeError(error);
  const event = {
    ...{ event_id, timestamp: now.getTime() / 1_000, platform: 'node', level: 'error', logger: target },
    ...{ release: `kilat@${version}`, logentry: { message }, tags: { target } },
    ...(values.length > 0 && { exception: { values } }),
  };
  const lines = [{ event_id, sent_at: now.toISOString() }, { type: 'event', content_type: 'application/json' }, event];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}
