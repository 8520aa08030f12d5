import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../../deploy/local/child.ts';
import { freePort } from '../../../deploy/local/port.ts';
import { listens, untilReady } from '../../../deploy/local/ready.ts';
import { startObjectStore } from '../../../deploy/local/servers/objectstore.ts';
import { startPostgres } from '../../../deploy/local/servers/postgres.ts';
import { startBalancer } from '../balancer.ts';
import { createCamera } from '../camera.ts';
import { hashOf } from '../examiner.ts';
import { openHistory } from '../history.ts';
import { openLedger } from '../ledger.ts';
import { type Desk, sendStubbornly } from '../photographer.ts';
import { seeded } from '../random.ts';
import type { RunOptions } from '../run.ts';
import { startBucketProxy } from '../s3proxy.ts';
import { startUnit, type Unit } from '../unit.ts';

/** Is what became of the photos of which the stock server said that they are stored. */
export interface StockResult {
  successes: number;
  errors: number;
  missing: number;
  corrupt: number;
  uncommitted: number;
  bad: number;
}

type Servers = Record<string, string>;

/** Sends seeded uploads to the stock server while its bucket and its network fail, and looks at what it has. */
export async function runStock(options: RunOptions): Promise<StockResult> {
  const { dataDir, seed } = options;
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres({ dataDir, own: true }));
  const store = stack.use(await startObjectStore({ dataDir, own: true }));
  const servers: Servers = { ...postgres.env, ...store.env };
  const proxy = stack.use(await startBucketProxy(servers.S3_ENDPOINT ?? '', options.bucket, seeded(seed + 1)));
  const { unit, url } = await startServer({ ...servers, S3_ENDPOINT: proxy.url }, dataDir);
  stack.use(unit);
  const cutting = seeded(seed + 2);
  const balancer = stack.use(
    await startBalancer([url], () => Math.ceil((cutting() * (options.sizes[0] + options.sizes[1])) / options.cuts)),
  );
  const history = stack.use(openHistory(join(dataDir, 'history.jsonl')));
  const ledger = stack.use(openLedger(servers.DATABASE_URL ?? ''));
  const desk: Desk = {
    ...{ files: () => `${balancer.url}/files`, cookie: '', eventId: 'none', history },
    ...{ complain: () => {}, twin: () => false, resent: () => {} },
  };
  const told = await sendAll(options, desk);
  const stored = told.filter((one) => one !== undefined);
  const rows = await ledger.query<{ id: string }>('select id from stock_photos');
  const committed = new Set(rows.map(({ id }) => id));
  const folder = join(dataDir, 'objects', 'root', servers.S3_BUCKET ?? '');
  const found = await Promise.all(
    stored.map(async ({ id, sha256 }) => ({ id, sha256, is: await hashOf(join(folder, id)) })),
  );
  const missing = found.filter(({ is }) => is === undefined);
  const corrupt = found.filter(({ is, sha256 }) => is !== undefined && is !== sha256);
  const uncommitted = found.filter(({ id }) => !committed.has(id));
  const bad = new Set([...missing, ...corrupt, ...uncommitted].map(({ id }) => id)).size;
  return {
    ...{ successes: stored.length, errors: told.length - stored.length },
    ...{ missing: missing.length, corrupt: corrupt.length, uncommitted: uncommitted.length, bad },
  };
}

async function startServer(env: Servers, dataDir: string): Promise<{ unit: Unit; url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const unit = await startUnit('stock', async () => {
    const child = startChild({
      name: 'stock',
      command: [process.execPath, fileURLToPath(new URL('server.ts', import.meta.url))],
      env: { ...process.env, ...env, PORT: String(port) },
      logFile: join(dataDir, 'logs', 'stock.log'),
    });
    await untilReady(child, () => listens(url));
    return child;
  });
  return { unit, url };
}

async function sendAll(options: RunOptions, desk: Desk): Promise<({ id: string; sha256: string } | undefined)[]> {
  const random = seeded(options.seed);
  const camera = await createCamera(random, { width: 320, height: 240 });
  const told: ({ id: string; sha256: string } | undefined)[] = [];
  let left = options.uploads;
  const photographer = async (client: number) => {
    while (left > 0) {
      left -= 1;
      const [least, most] = options.sizes;
      const shot = camera.shoot(Math.floor(least * (most / least) ** random()));
      const answer = await sendStubbornly(desk, client, shot);
      told.push(answer.stored ? { id: answer.photoId, sha256: shot.sha256 } : undefined);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, client) => photographer(client)));
  return told;
}
