import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../local/cache.ts';
import { execute } from '../local/program.ts';
import { type Say, stillAt } from '../local/progress.ts';
import { resolveBinary } from '../local/resolve.ts';
import { natsBinary } from '../local/servers/nats.ts';
import { objectStoreBinary } from '../local/servers/objectstore.ts';
import { postgresPrograms } from '../local/servers/postgres-programs.ts';
import { redisBinary } from '../local/servers/redis.ts';
import { root } from '../local/services.ts';
import { ensureBase } from './base.ts';
import type { Builder } from './builder.ts';
import { pauseImage } from './runtime.ts';

/** Is one image to build: the Dockerfile, its context, and what its arguments are. */
interface Recipe {
  image: string;
  file: string;
  context: string;
}

const here = join(import.meta.dirname, 'images');

/** Builds all images that the chart names and puts them into one archive, under those names; answers them. */
export async function buildImages(
  run: Builder,
  names: readonly string[],
  archive: string,
  tell: Say,
): Promise<readonly string[]> {
  const base = await baseName();
  await ensureBase(run, base, tell);
  const staging = mkdtempSync(join(cacheFolder('images'), 'staging-'));
  try {
    for (const recipe of await recipes(names, staging)) {
      tell(`Building ${recipe.image} ...`);
      using _still = stillAt(`building ${recipe.image}`, tell);
      const options = ['--pull=never', '--network=host', '--quiet', '--build-arg', `BASE=${base}`];
      await run('podman', 'build', ...options, '--tag', recipe.image, '--file', recipe.file, recipe.context);
    }
    await save(run, [pauseImage, ...names], archive, staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return names;
}

// podman says localhost before a short name; in a cluster a short name means what it means everywhere.
async function save(run: Builder, images: readonly string[], archive: string, staging: string): Promise<void> {
  rmSync(archive, { force: true });
  await run(
    'podman',
    'save',
    '--quiet',
    '--multi-image-archive',
    '--format',
    'docker-archive',
    '--output',
    archive,
    ...images,
  );
  const manifest = await execute(['tar', '--extract', '--to-stdout', '--file', archive, 'manifest.json']);
  const renamed = manifest.replaceAll(/"localhost\/(?!pause:)/g, '"');
  writeFileSync(join(staging, 'manifest.json'), renamed);
  await execute(['tar', '--append', '--file', archive, '--directory', staging, 'manifest.json']);
}

async function recipes(names: readonly string[], staging: string): Promise<Recipe[]> {
  const made = names.map(async (image) => {
    const name = /([^/]+):/.exec(image)?.[1] ?? image;
    const own = ours[name];
    if (own !== undefined) return { image, file: join(root, 'deploy/images', own), context: root };
    const standIn = standIns[name];
    if (standIn === undefined) throw new Error(`Nothing here can stand in for the image ${image}.`);
    const context = join(staging, name);
    mkdirSync(context);
    await standIn.fill(context);
    return { image, file: join(here, `${standIn.file}.Dockerfile`), context };
  });
  return [{ image: pauseImage, file: join(here, 'pause.Dockerfile'), context: here }, ...(await Promise.all(made))];
}

const ours: Record<string, string> = { kilat: 'services.Dockerfile', 'kilat-web': 'web.Dockerfile' };

// Public images by their names, made of the programs that this machine has for its own servers.
const standIns: Record<string, { file: string; fill: (context: string) => Promise<void> }> = {
  nats: {
    file: 'nats',
    fill: async (context) => copyFileSync(await resolveBinary(natsBinary), join(context, 'nats-server')),
  },
  valkey: {
    file: 'redis',
    fill: async (context) => copyFileSync(await resolveBinary(redisBinary), join(context, 'redis-server')),
  },
  versitygw: {
    file: 'objectstore',
    fill: async (context) => copyFileSync(await resolveBinary(objectStoreBinary), join(context, 'versitygw')),
  },
  postgres: { file: 'postgres', fill: fillPostgres },
};

async function fillPostgres(context: string): Promise<void> {
  const native = dirname(dirname((await postgresPrograms()).postgres));
  cpSync(native, join(context, 'native'), { recursive: true, verbatimSymlinks: true });
  copyFileSync(join(here, 'postgres-entrypoint.sh'), join(context, 'postgres-entrypoint.sh'));
}

async function baseName(): Promise<string> {
  return `node:${process.versions.node}-bookworm-slim`;
}
