import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../local/proxy.ts';

const LEAVE_MS = 2_000;
const LONGEST_DRAIN_MS = 20_000;

/** Listens at DOOR_LISTEN, passes each path of DOOR_ROUTES on to its address, and ends running requests on SIGTERM. */
async function main(): Promise<void> {
  const { DOOR_LISTEN = '0.0.0.0:3000', DOOR_ROUTES = '' } = process.env;
  const at = DOOR_LISTEN.lastIndexOf(':');
  const routes = Object.fromEntries(DOOR_ROUTES.split(',').map((route) => route.split('=') as [string, string]));
  const listen = { host: DOOR_LISTEN.slice(0, at), port: Number(DOOR_LISTEN.slice(at + 1)) };
  const door = await startProxy({ ...listen, tls: undefined, routes, balanced: true });
  process.stdout.write(`the door is open at ${DOOR_LISTEN}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([door.drain(LEAVE_MS), sleep(LONGEST_DRAIN_MS)]);
  door.cut();
}

await main();
process.exit();
