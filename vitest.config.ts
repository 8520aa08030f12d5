import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { patienceMs } from './deploy/local/patience.ts';

const servers = ['./deploy/local/vitest-servers.ts'];
const elsewhere = [
  '**/node_modules/**',
  '**/*.integration.test.ts',
  '**/*.fault.test.ts',
  '**/*.chart.test.ts',
  '**/*.cluster.test.ts',
  'web/**',
];

// These bound only what hangs, as `patienceMs` does.
const patient = {
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: patienceMs } },
  setupFiles: [fileURLToPath(new URL('./deploy/local/vitest-patience.ts', import.meta.url))],
};

// The machine may have two cores. Most of their time these tests wait for leases, timeouts and restarts: some at once keep both
// cores busy, the longest first. Browsers wait less.
const together = { maxWorkers: 3, sequence: { groupOrder: 1 } };
const browsers = { maxWorkers: 2, sequence: { groupOrder: 2 } };
const renderings = { maxWorkers: 2, sequence: { groupOrder: 3 } };

const web = existsSync(new URL('web/vite.config.ts', import.meta.url))
  ? [
      {
        extends: './web/vite.config.ts',
        root: './web',
        test: { name: 'web', include: ['src/**/*.test.ts'] },
      },
    ]
  : [];

// An API server is built once per user, which takes many minutes: only the full run waits for it.
const cluster =
  process.env.KILAT_TEST_SIZE === 'full'
    ? [
        {
          test: {
            name: 'cluster',
            include: ['deploy/cluster/*.cluster.test.ts'],
            ...patient,
            sequence: { groupOrder: 4 },
          },
        },
      ]
    : [];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: elsewhere, ...patient } },
      ...web,
      {
        test: {
          name: 'chart',
          include: ['deploy/cluster/render/**/*.chart.test.ts'],
          // The first run builds helm; each renders all variants once.
          globalSetup: ['./deploy/cluster/render/vitest-renderings.ts'],
          ...patient,
          ...renderings,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          globalSetup: servers,
          ...patient,
          ...together,
        },
      },
      {
        test: {
          name: 'fault',
          include: ['services/faults/**/*.fault.test.ts'],
          globalSetup: servers,
          ...patient,
          ...together,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['web/e2e/**/*.e2e.ts'],
          ...patient,
          ...browsers,
        },
      },
      ...cluster,
    ],
  },
});
