import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Say } from '../local/progress.ts';
import { draw, type Sample } from './graph.ts';
import { helmProgram } from './helm.ts';
import { kubectlOf } from './kubectl.ts';
import { type LoadSummary, startLoad } from './load.ts';
import { bringPrograms } from './programs.ts';
import { openRelease, type Release } from './release.ts';
import { record } from './results.ts';

const values = new URL('scaling-values.yaml', import.meta.url).pathname;
const loadSeconds = 120;
const patienceMs = 600_000;

/** Lets KEDA scale thumbnail from zero by the lag of its consumers and back while photos come in, and draws what happened. */
export async function scale(kubeconfig: string, further: readonly string[], tell: Say): Promise<number> {
  const [program, helm] = [await bringPrograms('client', tell), await helmProgram()];
  const cluster = kubectlOf(program('kubectl'), kubeconfig);
  await cluster(['get', 'crd', 'scaledobjects.keda.sh']); // throws where there is no KEDA
  const release = await openRelease(cluster, { helm, kubeconfig, namespace: 'kilat-scale' });
  tell('Installing, with thumbnail scaled by its lag from zero ...');
  await release.bring('install', ['--values', values, ...further]);
  const watch = startWatch(release, tell);
  await watch.until('no replica while nothing is to do', ({ replicas }) => replicas === 0);
  const load = await startLoad(release, { RATE: '6', BYTES: '20000', GUESTS: '1' });
  tell(`Sending 6 photos a second for ${loadSeconds} s ...`);
  await sleep(loadSeconds * 1_000);
  const summary = await load.end();
  await watch.until('no replica again', ({ replicas }) => replicas === 0);
  const samples = await watch.end();
  writeFileSync(join(import.meta.dirname, 'scale.svg'), draw(samples));
  await cluster(['delete', 'namespace', release.namespace, '--wait', '--timeout=300s']);
  return conclude(samples, summary, tell);
}

function conclude(samples: readonly Sample[], { failed, lost, stored }: LoadSummary, tell: Say): number {
  const most = (key: 'lag' | 'replicas' | 'ready') => Math.max(...samples.map((sample) => sample[key]));
  const since = samples.slice(samples.findIndex(({ lag }) => lag > 0));
  const waited = (since.find(({ ready }) => ready > 0)?.at ?? Number.NaN) - (since[0]?.at ?? 0);
  const ends = samples.at(-1)?.replicas;
  const well = most('replicas') > 1 && ends === 0 && failed.length + lost === 0;
  const said = [
    `0 to ${most('replicas')} replicas (${most('ready')} ready) at a lag of up to ${most('lag')}, then ${ends}`,
    `the first was ready ${Math.round(waited)} s after the first message waited`,
    `${stored} photos stored, ${failed.length} uploads failed, ${lost} entries lost`,
  ].join('; ');
  record('scale', [{ name: 'thumbnail scaled by its lag', seconds: samples.at(-1)?.at ?? 0, well, said }]);
  tell(`${well ? 'well' : 'FAILED'}: ${said}`);
  return well ? 0 : 1;
}

/** Samples lag and replicas every second until it is told to end. */
function startWatch(release: Release, tell: Say) {
  const samples: Sample[] = [];
  const started = Date.now();
  let ended = false;
  const running = (async () => {
    for (; !ended; await sleep(1_000)) {
      const [lag, counts] = await Promise.all([lagOf(release), replicasOf(release)]).catch(() => [
        undefined,
        undefined,
      ]);
      if (lag !== undefined && counts) samples.push({ at: (Date.now() - started) / 1_000, lag, ...counts });
    }
  })();
  return {
    async until(what: string, is: (sample: Sample) => boolean): Promise<void> {
      for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(500)) {
        const last = samples.at(-1);
        if (last && is(last)) return tell(`${last.at.toFixed(0)} s: ${what}`);
      }
      throw new Error(`It did not come to this: ${what}. Last seen: ${JSON.stringify(samples.at(-1))}`);
    },
    async end(): Promise<Sample[]> {
      ended = true;
      await running;
      return samples;
    },
  };
}

interface Monitoring {
  account_details?: { stream_detail?: { name: string; consumer_detail?: Consumer[] }[] }[];
}

interface Consumer {
  name: string;
  num_pending: number;
  num_ack_pending: number;
}

// The same numbers that KEDA reads, from the same place.
async function lagOf({ name, namespace, kubectl }: Release): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/services/${name}-nats:8222/proxy/jsz?consumers=1&acc=$G`;
  const { account_details: accounts = [] } = JSON.parse(await kubectl(['get', '--raw', path])) as Monitoring;
  const consumers = accounts.flatMap(({ stream_detail: streams = [] }) =>
    streams.flatMap((stream) => stream.consumer_detail ?? []),
  );
  return consumers
    .filter(({ name: consumer }) => consumer.startsWith('thumbnail'))
    .reduce((sum, { num_pending: pending, num_ack_pending: handed }) => sum + pending + handed, 0);
}

async function replicasOf({ name, kubectl }: Release): Promise<{ replicas: number; ready: number }> {
  const printed = await kubectl(['get', `deployment/${name}-thumbnail`, '-o', 'json']);
  const { spec, status } = JSON.parse(printed) as { spec: { replicas?: number }; status: { readyReplicas?: number } };
  return { replicas: spec.replicas ?? 0, ready: status.readyReplicas ?? 0 };
}
