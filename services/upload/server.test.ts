import { Server } from '@tus/server';
import { expect, test } from 'vitest';
import type { Sessions } from '#internal/auth/sessions.ts';
import { Fault } from '#internal/fault/fault.ts';
import { silentLog } from '#internal/log/log.ts';
import { createServer } from './server.ts';

const failures = [
  { name: 'is away for a while', error: new Fault('unavailable', 'away') },
  { name: 'fails in a way nobody knows', error: new Error('boom') },
];
const answers = [
  { method: 'HEAD', want: [423, 423] },
  { method: 'PATCH', want: [503, 500] },
  { method: 'DELETE', want: [503, 500] },
] as const;
const cases = answers.flatMap(({ method, want }) =>
  failures.map((failure, n) => ({ ...failure, method, want: want[n] })),
);
test.each(cases)('answers $want to $method when the database $name', async ({ error, method, want }) => {
  const { app } = createServer({
    tus: Object.create(Server.prototype),
    sessions: { find: () => Promise.reject(error) } as Partial<Sessions> as Sessions,
    otherWays: async () => {},
    ...{ allowedOrigins: [], trustProxy: [], maxBytes: 1_000, idleSeconds: 1, log: silentLog() },
  });
  const headers = { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
  const answer = await app.inject({ method, url: '/files/a/b', headers });
  expect(answer.statusCode).toBe(want);
  expect(answer.headers['tus-resumable']).toBe('1.0.0');
});
