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

const often = { interval: 100 };

test('a database that was put back is a new epoch: clients load anew, and verify names exactly what it lost', async () => {
  const dataDir = join(temporaryFolder(), 'fleet');
  await using fleet = await startFleet({ dataDir, env: { UPLOAD_SWEEP_SECONDS: '2', RELAY_LOST_CHECK_SECONDS: '1' } });
  await using ledger = openLedger(fleet.env.DATABASE_URL ?? '');
  using history = openHistory(join(dataDir, 'history.jsonl'));
  const cookie = await fleet.signIn();
  const begin = async (title: string) =>
    EventView.parse(await (await post(`${fleet.api}/api/events`, { title }, cookie)).json()).event_id;
  const eventId = await begin('Drill');
  const camera = await createCamera(seeded(3), { width: 320, height: 240 });
  const send = async (count: number, to = eventId): Promise<string[]> => {
    const desk = { files: () => `${fleet.uploads[0]}/files`, cookie, eventId: to, history };
    const quiet = { complain: () => {}, twin: () => false, resent: () => {} };
    const shots = Array.from({ length: count }, () => camera.shoot(50_000));
    const told = await Promise.all(shots.map((shot) => sendStubbornly({ ...desk, ...quiet }, 1, shot)));
    return told.flatMap((one) => (one.stored ? [one.photoId] : []));
  };
  const settled = async (photoIds: string[]) =>
    expect((await ledger.photos(eventId, photoIds)).map(({ state }) => state)).toEqual(photoIds.map(() => 'ready'));

  const kept = await send(6);
  await vi.waitFor(() => settled(kept), often);
  const late = await sendHalf(`${fleet.uploads[0]}/files`, cookie, eventId, camera.shoot(50_000).bytes);
  await copyCluster(fleet, 'out');
  await late.sendRest();
  const lost = await send(5);
  const lostEventId = await begin('Lost');
  const lostWithIt = await send(1, lostEventId);
  expect([kept.length, lost.length, lostWithIt.length]).toEqual([6, 5, 1]);
  await vi.waitFor(() => settled([...lost, late.photoId]), often);
  const follower = await followed(fleet, cookie, eventId);
  const { seq: seqBefore } = follower;

  await copyCluster(fleet, 'back');
  expect(await runCommand('restore', fleet.env)).toMatch(/^epoch [0-9a-f-]{36} begins/);
  // It may hear of more, for it goes on without loading anew, and may have come back before the new epoch began.
  await vi.waitFor(() => expect(follower.holes[0]).toMatch(new RegExp(`^resync at .*\\.${seqBefore}$`)), often);
  await follower.close();

  // What had begun before is whole in the bucket: the sweeper stores it again, though nobody sends it.
  await vi.waitFor(() => settled([...kept, late.photoId]), often);
  const findings: { event_id: string; photo_id: string; problem: string }[] = [];
  const code = await verify(fleet.env, {
    ...{ event: undefined, json: true, signal: new AbortController().signal, tell: () => {} },
    print: (line) => void findings.push(JSON.parse(line)),
  });
  expect(code).toBe(1);
  const nobodys = (event_id: string) => (photo_id: string) => ({ event_id, photo_id, problem: 'object_without_row' });
  const brief = findings.map(({ event_id, photo_id, problem }) => ({ event_id, photo_id, problem }));
  expect(new Set(brief)).toEqual(new Set([...lost.map(nobodys(eventId)), ...lostWithIt.map(nobodys(lostEventId))]));
  expect(brief.length).toBe(lost.length + lostWithIt.length);

  const after = await followed(fleet, cookie, eventId);
  const again = await send(2);
  await vi.waitFor(() => settled([...kept, ...again]), often);
  const { seq } = await ledger.head(eventId);
  await vi.waitFor(() => expect(after.seq).toBe(seq), often);
  await after.close();
  expect(after.holes).toEqual([]);
});

/** Follows an event from where its page stands. */
async function followed({ api, live }: Fleet, cookie: string, eventId: string) {
  const page = await fetch(`${api}/api/events/${eventId}/photos`, { headers: { cookie } });
  const { cursor } = (await page.json()) as { cursor: string };
  return followLive(`${live}/live/events/${eventId}`, cookie, cursor);
}

/** Sends the first half of a photo, and the rest when told. */
async function sendHalf(files: string, cookie: string, eventId: string, bytes: Buffer) {
  const headers = { cookie, 'tus-resumable': '1.0.0' };
  const metadata = `event_id ${btoa(eventId)},filename ${btoa('late.jpg')}`;
  const created = await fetch(files, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': metadata },
  });
  const url = new URL(created.headers.get('location') ?? '', files);
  const send = async (from: number, to: number) => {
    const answer = await fetch(url, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' },
      body: new Uint8Array(bytes.subarray(from, to)),
    });
    expect(answer.status).toBe(204);
  };
  const half = Math.floor(bytes.length / 2);
  await send(0, half);
  return {
    photoId: url.pathname.split('/').at(-1) ?? '',
    sendRest: () => vi.waitFor(() => send(half, bytes.length), often),
  };
}

/** Copies the stopped cluster out, or the copy back in its place. */
function copyCluster({ units, dataDir }: Fleet, way: 'out' | 'back'): Promise<void> {
  const [cluster, copy] = [join(dataDir, 'postgres', 'cluster'), join(dataDir, 'cluster-copy')];
  return units.postgres.whileDown('SIGTERM', async () => {
    if (way === 'back') rmSync(cluster, { recursive: true });
    // Modes and owners stay: PostgreSQL refuses a cluster that others may read.
    execFileSync('cp', ['-a', way === 'out' ? cluster : copy, way === 'out' ? copy : cluster]);
  });
}
