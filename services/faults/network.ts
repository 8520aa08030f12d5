import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Link, startToxiproxy, type Toxic } from '../../deploy/local/servers/toxiproxy.ts';
import type { Disturbance } from './disturbance.ts';
import type { Between, TargetUnit } from './fleet.ts';

/** Lists the links from targets to servers that can be bad, each with the setting that leads over it. */
const serverLinks: readonly { name: string; setting: string; units: readonly TargetUnit[] }[] = [
  { name: 'upload-to-bucket', setting: 'S3_ENDPOINT', units: ['upload-1', 'upload-2'] },
  { name: 'upload-to-database', setting: 'DATABASE_URL', units: ['upload-1', 'upload-2'] },
  { name: 'relay-to-database', setting: 'DATABASE_URL', units: ['relay'] },
  { name: 'relay-to-bus', setting: 'NATS_URL', units: ['relay'] },
  { name: 'thumbnail-to-bucket', setting: 'S3_ENDPOINT', units: ['thumbnail'] },
  { name: 'live-to-database', setting: 'DATABASE_URL', units: ['live'] },
  { name: 'thumbnail-to-bus', setting: 'NATS_URL', units: ['thumbnail'] },
];

/** Is a network whose links can be bad, one by one. */
export interface Network extends AsyncDisposable {
  readonly links: readonly Link[];
  /** Says what each target is told, so that it goes over its links. */
  between(servers: Record<string, string>): Promise<Between>;
  /** Lays one more link, to a URL of HTTP, and gives the URL that leads over it. */
  lay(name: string, url: string): Promise<string>;
}

/** Starts a network by a seed. */
export async function startNetwork(dataDir: string, seed: number): Promise<Network> {
  const toxiproxy = await startToxiproxy({ dataDir: join(dataDir), seed });
  const links: Link[] = [];
  async function lay(name: string, url: string): Promise<string> {
    const over = new URL(url);
    const link = await toxiproxy.link(name, over.host);
    links.push(link);
    over.host = link.address;
    return over.href.replace(/\/$/, '');
  }
  return {
    links,
    lay,
    async between(servers) {
      const unitEnv: NonNullable<Between['unitEnv']> = {};
      for (const { name, setting, units } of serverLinks) {
        const url = await lay(name, servers[setting] ?? '');
        for (const unit of units) unitEnv[unit] = { ...unitEnv[unit], [setting]: url };
      }
      return { unitEnv };
    },
    [Symbol.asyncDispose]: () => toxiproxy[Symbol.asyncDispose](),
  };
}

type Trouble = (link: Link, ms: number) => Promise<void>;

/** Is how links can be bad: slow, narrow, resetting, silent, closed. */
const troubles: Record<string, Trouble> = {
  'slow (300 ± 100 ms)': poisoned({ type: 'latency', stream: 'downstream', attributes: { latency: 300, jitter: 100 } }),
  'narrow (1 Mbit/s)': poisoned({ type: 'bandwidth', attributes: { rate: 125 } }),
  'resetting (2 %)': resetting,
  // Nothing passes, as if the cable were out; whoever waited for an answer is told at the end.
  parted: poisoned({ type: 'timeout', attributes: { timeout: 0 } }),
  closed: closed,
};

/** Makes every trouble of every link, in a seeded order. */
export function networkTroubles(links: readonly Link[], ms: number, random: () => number): Disturbance[] {
  return links
    .flatMap((link) =>
      Object.entries(troubles).map(([how, happen]) => ({
        name: `${link.name} ${how}`,
        happen: () => happen(link, ms),
      })),
    )
    .map((disturbance) => ({ disturbance, turn: random() }))
    .sort((a, b) => a.turn - b.turn)
    .map(({ disturbance }) => disturbance);
}

function poisoned(toxic: Toxic): Trouble {
  return async (link, ms) => {
    const heal = await link.poison(toxic);
    await sleep(ms);
    await heal();
  };
}

const rollEveryMs = 500;

// Whether a connection is reset is decided when it is opened or the toxic added: adding it again meets open ones too.
async function resetting(link: Link, ms: number): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; )
    await poisoned({ type: 'reset_peer', toxicity: 0.02, attributes: { timeout: 0 } })(link, rollEveryMs);
}

async function closed(link: Link, ms: number): Promise<void> {
  await link.open(false);
  await sleep(ms);
  await link.open(true);
}
