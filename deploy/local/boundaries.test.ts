import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from './services.ts';
import { temporaryFolder } from './temporary.ts';

/** Is one rule of the layout, a file that breaks it, and one that keeps it beside it. */
const rules: { rule: string; breaks: [file: string, imports: string]; keeps?: [file: string, imports: string] }[] = [
  {
    rule: 'targets-are-islands',
    breaks: ['services/api/a.ts', '../upload/store.ts'],
    keeps: ['services/upload/keeps.ts', './store.ts'],
  },
  { rule: 'internal-knows-no-target', breaks: ['services/internal/x/target.ts', '../../upload/store.ts'] },
  {
    rule: 'targets-know-no-entry-point',
    breaks: ['services/live/a.ts', '../main.ts'],
    keeps: ['services/live/b.ts', '#internal/noun/noun.ts'],
  },
  { rule: 'internal-is-for-services', breaks: ['deploy/a.ts', '../services/internal/noun/noun.ts'] },
  {
    rule: 'only-the-contract-leaves-services',
    breaks: ['web/src/a.ts', '../../services/upload/store.ts'],
    keeps: ['web/src/b.ts', '../../services/contract/index.ts'],
  },
  {
    rule: 'only-the-contract-leaves-services',
    breaks: ['loadtests/a.ts', '../services/upload/store.ts'],
  },
  {
    rule: 'contract-stands-alone',
    breaks: ['services/contract/a.ts', 'node:fs'],
    keeps: ['services/contract/b.ts', 'zod'],
  },
  { rule: 'contract-stands-alone', breaks: ['services/contract/c.ts', 'pg'] },
  { rule: 'contract-tests-stay-home', breaks: ['services/contract/d.test.ts', '../upload/store.ts'] },
  { rule: 'entry-points-are-not-imported', breaks: ['services/api/b.ts', '../bench/run.ts'] },
  {
    rule: 'doubles-are-for-tests',
    breaks: ['services/api/c.ts', '../internal/noun/nountest.ts'],
    keeps: ['services/api/c.test.ts', '../internal/noun/nountest.ts'],
  },
  {
    rule: 'one-door-to-nats',
    breaks: ['services/relay/a.ts', '@nats-io/jetstream'],
    keeps: ['services/internal/bus/bus.ts', '@nats-io/jetstream'],
  },
  {
    rule: 'one-door-to-postgres',
    breaks: ['services/api/d.ts', '@mikro-orm/core'],
    keeps: ['services/internal/photos/store.ts', '@mikro-orm/core'],
  },
  {
    rule: 'one-door-to-postgres',
    breaks: ['services/internal/photos/view.ts', 'pg'],
    keeps: ['services/internal/database/database.ts', 'pg'],
  },
  {
    rule: 'one-door-to-s3',
    breaks: ['services/media/a.ts', '@aws-sdk/client-s3'],
    keeps: ['services/upload/send.ts', '@aws-sdk/client-s3'],
  },
  {
    rule: 'one-door-to-sharp',
    breaks: ['services/thumbnail/thumbnailer.ts', 'sharp'],
    keeps: ['services/thumbnail/render.ts', 'sharp'],
  },
  {
    rule: 'one-door-to-redis',
    breaks: ['services/api/e.ts', 'ioredis'],
    keeps: ['services/internal/limit/limit.ts', 'ioredis'],
  },
  {
    rule: 'one-door-to-traces',
    breaks: ['services/live/c.ts', '@opentelemetry/api'],
    keeps: ['services/internal/trace/open.ts', '@opentelemetry/api'],
  },
  { rule: 'no-cycles', breaks: ['services/internal/cycle/a.ts', './b.ts'] },
  { rule: 'every-import-is-there', breaks: ['services/media/b.ts', './nowhere.ts'] },
];

const packages = [
  ...['zod', 'pg', 'sharp', 'ioredis', '@nats-io/jetstream', '@mikro-orm/core', '@aws-sdk/client-s3'],
  '@opentelemetry/api',
];
const folder = temporaryFolder();
const found: { rule: string; from: string }[] = [];

beforeAll(() => {
  plant();
  const args = [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'services',
    'deploy',
    'web',
    'loadtests',
  ];
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'depcruise'), args, {
    cwd: folder,
    maxBuffer: 1 << 26,
  });
  const { summary } = JSON.parse(stdout.toString()) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  found.push(...summary.violations.map(({ from, rule }) => ({ rule: rule.name, from })));
}, 60_000);

test.each(rules)('$rule refuses $breaks.0', ({ rule, breaks }) => {
  expect(found).toContainEqual({ rule, from: breaks[0] });
});

test('what keeps the rules is let pass', () => {
  const kept = rules.flatMap(({ keeps }) => (keeps ? [keeps[0]] : []));
  expect(found.filter(({ from }) => kept.includes(from))).toEqual([]);
});

test('every rule is proved by a planted violation', () => {
  const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));
  const names = forbidden.map(({ name }: { name: string }) => name);
  expect(new Set(rules.map(({ rule }) => rule))).toEqual(new Set(names));
});

const sights: { name: string; file: string; source: string; allowed: boolean }[] = [
  {
    name: 'refuses the process in a target',
    file: 'services/api/env.ts',
    source: 'process.exit(1);\n',
    allowed: false,
  },
  {
    name: 'refuses it under another name',
    file: 'services/internal/x/env.ts',
    source: "import { exit } from 'node:process';\n\nexit(1);\n",
    allowed: false,
  },
  {
    name: 'refuses a service in a component',
    file: 'web/src/a.svelte',
    source: "<script>\nimport { it } from '../../services/upload/store.ts';\n</script>\n\n<p>{it}</p>\n",
    allowed: false,
  },
  {
    name: 'lets a component have the contract',
    file: 'web/src/b.svelte',
    source: "<script>\nimport { it } from '@kilat/contract';\n</script>\n\n<p>{it}</p>\n",
    allowed: true,
  },
  { name: 'lets main.ts have the process', file: 'services/main.ts', source: 'process.exit(1);\n', allowed: true },
];
test.each(sights)('the linter $name', ({ file, source, allowed }) => {
  write(file, source);
  const args = ['lint', '--vcs-enabled=false', file];
  const { status } = spawnSync(join(root, 'node_modules', '.bin', 'biome'), args, { cwd: folder });
  expect(status === 0).toBe(allowed);
});

/** Builds a small repository that keeps the real rules' files and breaks each rule once. */
function plant(): void {
  for (const file of ['.dependency-cruiser.cjs', 'biome.json', 'tsconfig.json', 'services/package.json']) copy(file);
  for (const name of packages) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};\n');
  }
  const plain = ['upload/store.ts', 'main.ts', 'contract/index.ts', 'bench/run.ts', 'internal/noun/noun.ts'];
  for (const file of [...plain, 'internal/noun/nountest.ts']) write(`services/${file}`, 'export const it = 1;\n');
  write('services/internal/cycle/b.ts', "import './a.ts';\n");
  const planted = rules.flatMap(({ breaks, keeps }) => (keeps ? [breaks, keeps] : [breaks]));
  for (const [file, imported] of planted) write(file, `import '${imported}';\n`);
}

function copy(file: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  cpSync(join(root, file), join(folder, file));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}
