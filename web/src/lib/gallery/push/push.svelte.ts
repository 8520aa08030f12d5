import { PushKey } from '@kilat/contract';
import { createAttempt } from '#lib/api/attempt.svelte.ts';
import { call } from '#lib/api/client.ts';
import { ApiFailure } from '#lib/api/failure.ts';
import { spoken } from '#lib/messages/language.ts';
import type { PushBrowser } from './browser.ts';
import type { Remembered } from './remembered.ts';

/** Names what keeps a guest from being told: the person's own block, or a browser whose push service is away. */
export type PushObstacle = 'blocked' | 'unserved';

/** Keeps whether a guest is told of an event's new photos, on this device. */
export function createPush(eventId: string, browser: PushBrowser, remembered: Remembered) {
  const url = `/api/events/${eventId}/push`;
  const attempt = createAttempt();
  let isOn = $state(remembered.has(eventId));
  let obstacle = $state<PushObstacle>();

  async function begin(): Promise<void> {
    if ((await browser.ask()) !== 'granted') {
      // A question that was closed without an answer may be asked again.
      obstacle = browser.permission() === 'denied' ? 'blocked' : undefined;
      return;
    }
    await join();
  }
  async function join(): Promise<void> {
    const { key } = PushKey.parse(await call('GET', '/api/push/key'));
    const subscription = await browser.subscribe(key).catch(() => undefined);
    if (subscription === undefined) {
      obstacle = 'unserved';
      return;
    }
    const { endpoint, keys } = subscription;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    await call('PUT', url, { endpoint, keys, language: spoken(), zone });
    remembered.add(eventId);
    isOn = true;
  }
  async function end(): Promise<void> {
    const endpoint = await browser.endpoint();
    if (endpoint !== undefined) await call('DELETE', url, { endpoint });
    await forget();
  }
  async function forget(): Promise<void> {
    isOn = false;
    if (!remembered.drop(eventId)) await browser.unsubscribe();
  }
  return {
    get on(): boolean {
      return isOn;
    },
    get busy(): boolean {
      return attempt.busy;
    },
    get obstacle(): PushObstacle | undefined {
      return obstacle;
    },
    get failure(): string | undefined {
      return attempt.failure;
    },
    /** Begins or ends to be told. */
    async toggle(): Promise<void> {
      obstacle = undefined;
      await attempt.run(isOn ? end : begin);
    },
    /** Says once more that this browser follows: it may have been forgotten, or speak another language now. */
    async resume(): Promise<void> {
      if (!isOn) return;
      if (browser.permission() !== 'granted') return forget();
      await join().catch((error: unknown) => (isOver(error) ? forget() : undefined));
    },
  };
}
export type PushKeeper = ReturnType<typeof createPush>;

function isOver(error: unknown): boolean {
  return error instanceof ApiFailure && [401, 403, 404].includes(error.status);
}
