import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventView } from '@kilat/contract';
import { expect, test, vi } from 'vitest';
import { runCommand } from '../../deploy/local/services.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { verify } from '../verify.ts';
import { createCamera } from './camera.ts';
import { type Fleet, post, startFleet } from './fleet.ts';
import { followLive } from './follower.ts';
import { openHistory } from './history.ts';
import { openLedger } from './ledger.ts';
import { sendStubbornly } from './photographer.ts';
import { seeded } from './random.ts';

const patient = { timeout: 60_000, interval: 100 };

test('a database that was put back is a new epoch: clients load anew, and verify names exactly what it lost', async () => {
  const dataDir = join(temporaryFolder(), 'fleet');
  await using fleet = await startFleet({ dataDir, env: { UPLOAD_SWEEP_SECONDS: '2', RELAY_LOST_CHECK_SECONDS: '1' } });
  await using ledger = openLedger(fleet.env.DATABASE_URL ?? '');
  using history = openHistory(join(dataDir, 'history.jsonl'));
  const cookie = await fleet.signIn();
  const event = EventView.parse(await (await post(`${fleet.api}/api/events`, { title: 'Drill' }, cookie)).json());
  const eventId = event.event_id;
  const camera = await createCamera(seeded(3), { width: 320, height: 240 });
  const send = async (count: number): Promise<string[]> => {
    const desk = { files: () => `${fleet.uploads[0]}/files`, cookie, eventId, history };
    const quiet = { complain: () => {}, twin: () => false, resent: () => {} };
    const shots = Array.from({ length: count }, () => camera.shoot(50_000));
    const told = await Promise.all(shots.map((shot) => sendStubbornly({ ...desk, ...quiet }, 1, shot)));
    return told.flatMap((one) => (one.stored ? [one.photoId] : []));
  };
  const settled = async (photoIds: string[]) =>
    expect((await ledger.photos(eventId, photoIds)).map(({ state }) => state)).toEqual(photoIds.map(() => 'ready'));

  const kept = await send(6);
  await vi.waitFor(() => settled(kept), patient);
  await copyCluster(fleet, 'out');
  const lost = await send(5);
  expect([kept.length, lost.length]).toEqual([6, 5]);
  await vi.waitFor(() => settled(lost), patient);
  const page = await fetch(`${fleet.api}/api/events/${eventId}/photos`, { headers: { cookie } });
  const { cursor } = (await page.json()) as { cursor: string };
  const follower = followLive(`${fleet.live}/live/events/${eventId}`, cookie, cursor);

  await copyCluster(fleet, 'back');
  expect(await runCommand('restore', fleet.env)).toMatch(/^epoch [0-9a-f-]{36} begins/);
  await vi.waitFor(() => expect(follower.holes).toContain(`resync at ${cursor}`), patient);
  await follower.close();

  const findings: { photo_id: string; problem: string }[] = [];
  const code = await verify(fleet.env, {
    ...{ event: eventId, json: true, signal: new AbortController().signal, tell: () => {} },
    print: (line) => void findings.push(JSON.parse(line)),
  });
  expect(code).toBe(1);
  expect(findings.map(({ photo_id, problem }) => `${problem} ${photo_id}`).sort()).toEqual(
    lost.map((photoId) => `object_without_row ${photoId}`).sort(),
  );

  const again = await send(2);
  await vi.waitFor(() => settled([...kept, ...again]), patient);
});

/** Copies the stopped cluster out, or the copy back in its place. */
function copyCluster({ units, dataDir }: Fleet, way: 'out' | 'back'): Promise<void> {
  const [cluster, copy] = [join(dataDir, 'postgres', 'cluster'), join(dataDir, 'cluster-copy')];
  return units.postgres.whileDown('SIGTERM', async () => {
    if (way === 'back') rmSync(cluster, { recursive: true });
    // Modes and owners stay: PostgreSQL refuses a cluster that others may read.
    execFileSync('cp', ['-a', way === 'out' ? cluster : copy, way === 'out' ? copy : cluster]);
  });
}
