// A small steady load from within the cluster: photographers send, guests watch, until SIGTERM; then it says what was lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, cookieOf } from './api.ts';
import { lackingCopies } from './copies.ts';
import type { Desk } from './desk.ts';
import { sendByForm } from './form.ts';
import { follow, type Guest } from './guest.ts';
import { shoot } from './photo.ts';
import { sendByTus } from './tus.ts';

const { ORIGIN = '', TOKEN = '', RATE = '2', BYTES = '400000', GUESTS = '2' } = process.env;
const settleMs = 240_000;
const mostFlying = 12;
// One photo of so many comes in a form.
const formEvery = 5;

async function openScene() {
  const owner = cookieOf(await ask('/api/sign-in', 'POST', '', { token: TOKEN }));
  const { event_id: eventId } = (await (await ask('/api/events', 'POST', owner, { title: 'Load' })).json()) as {
    event_id: string;
  };
  const { path } = (await (await ask(`/api/events/${eventId}/links`, 'POST', owner, {})).json()) as { path: string };
  const guest = cookieOf(await ask('/api/guest-sessions', 'POST', '', { token: path.split('/').at(-1) }));
  const { cursor } = (await (await ask(`/api/events/${eventId}/photos`, 'GET', guest)).json()) as { cursor: string };
  return { owner, guest, eventId, cursor };
}

const stored = new Map<string, number>();
const failed: string[] = [];
const flying = new Set<Promise<void>>();

async function photograph(desk: Desk, number: number): Promise<void> {
  const size = 1_000 + Math.floor(Math.random() * 2 * Number(BYTES));
  const send = number % formEvery === 0 ? sendByForm : sendByTus;
  await send(desk, shoot(number, size)).then(
    (photoId) => void stored.set(photoId, Date.now()),
    (error: Error) => void failed.push(`${error.message} ${String(error.cause ?? '')}`),
  );
}

/** Sends at a steady rate, at most so many at a time as one studio sends: who is told to wait does not press the harder. */
async function sendUntil(stopped: () => boolean, desk: Desk): Promise<void> {
  for (let number = 1; !stopped(); await sleep(1_000 / Number(RATE))) {
    if (flying.size >= mostFlying) continue;
    const sending = photograph(desk, number++).finally(() => flying.delete(sending));
    flying.add(sending);
  }
  await Promise.all(flying);
}

async function settled(guests: readonly Guest[]): Promise<void> {
  const lacks = () => guests.some(({ seen }) => missing(seen['photo.rendered']).length > 0);
  for (const deadline = Date.now() + settleMs; lacks() && Date.now() < deadline; ) await sleep(500);
}

function missing(seen: Map<string, number>): string[] {
  return [...stored.keys()].filter((photoId) => !seen.has(photoId));
}

function percentile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

function summary(guests: readonly Guest[], troubles: Record<string, number>, uncopied: number | undefined) {
  const delays = guests.flatMap(({ seen }) => [...seen['photo.stored']].map(([id, at]) => at - (stored.get(id) ?? at)));
  return {
    stored: stored.size,
    failed,
    troubles,
    lost: guests.reduce((sum, { seen }) => sum + missing(seen['photo.stored']).length, 0),
    unrendered: guests.reduce((sum, { seen }) => sum + missing(seen['photo.rendered']).length, 0),
    uncopied,
    holes: guests.flatMap(({ holes }) => holes),
    reconnects: guests.reduce((sum, { reconnects }) => sum + reconnects, 0),
    storedToGuestP95Ms: percentile(delays, 0.95),
  };
}

let stopped = false;
process.on('SIGTERM', () => {
  stopped = true;
});
const { owner, guest, eventId, cursor } = await openScene();
const desk: Desk = { origin: ORIGIN, cookie: owner, eventId, troubles: {} };
const guests = Array.from({ length: Number(GUESTS) }, () => follow(`${ORIGIN}/live/events/${eventId}`, guest, cursor));
const timer = setInterval(() => {
  console.log(
    JSON.stringify({
      at: new Date().toISOString(),
      stored: stored.size,
      flying: flying.size,
      failed: failed.length,
      troubles: desk.troubles,
    }),
  );
}, 2_000);
await sendUntil(() => stopped, desk);
clearInterval(timer);
await settled(guests);
const uncopied = await lackingCopies(eventId, owner, stored.size, settleMs);
console.log(JSON.stringify({ summary: summary(guests, desk.troubles, uncopied) }));
process.exit(0);
