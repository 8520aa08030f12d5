import { v7 as uuidv7 } from 'uuid';
import { expect, test, vi } from 'vitest';
import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { admissionSettings } from '#internal/admission/settings.ts';
import { readSettings } from '#internal/env/env.ts';
import { openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { uploadStore } from '#internal/uploads/store.ts';
import { photoOf } from './uploadtest.ts';
import { startWhole } from './wholetest.ts';

test('while the disk is nearly full new uploads wait, running ones go on', async () => {
  await using event = await openTestEvent();
  await using target = await startWhole(event, { TROUBLE_LOOK_SECONDS: '1', TROUBLE_DISK_FREE_PERCENT: '100' });
  const photo = await photoOf(100_000);
  const running = await announced(event, photo.length);
  const headers = { cookie: event.cookies.owner, 'tus-resumable': '1.0.0' };
  const metadata = `event_id ${btoa(event.eventId)},filename ${btoa('DSC_0001.JPG')}`;
  const create = () =>
    fetch(`${target.files}`, {
      method: 'POST',
      headers: { ...headers, 'upload-length': '100000', 'upload-metadata': metadata },
    });
  await vi.waitFor(async () => expect((await create()).status).toBe(503), { interval: 200 });
  expect(Number((await create()).headers.get('retry-after'))).toBeGreaterThan(0);
  const sent = await fetch(`${target.files}/${event.eventId}/${running}`, {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(photo),
  });
  expect([sent.status, sent.headers.get('upload-offset')]).toEqual([204, String(photo.length)]);
  expect(await target.metrics.metrics()).toContain('kilat_upload_trouble{reason="disk"} 1');
});

async function announced(event: TestEvent, length: number): Promise<string> {
  const limits = announceLimits(allowancesOf(readSettings(admissionSettings, {})));
  const photoId = uuidv7();
  await uploadStore(event.database, limits).announce({
    eventId: event.eventId,
    uploader: { uploaderId: event.ownerId, accountId: event.ownerId, name: 'Owner', role: 'owner' },
    way: 'tus',
    photos: [{ photoId, length, metadata: { event_id: event.eventId, filename: 'DSC_0001.JPG' } }],
  });
  return photoId;
}
