import { expect, test } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { freshBucket, testServers } from '../../../deploy/local/testing.ts';
import { readSettings } from '../env/env.ts';
import { meterOf } from '../metrics/meter.ts';
import { Registry } from '../metrics/metrics.ts';
import { openObjects } from './objects.ts';
import { objectSettings, objectsOptions } from './settings.ts';

test('calls of the object storage are counted by operation and by what came of them', async () => {
  const registry = new Registry();
  const where = objectsOptions(readSettings(objectSettings, { ...testServers(), S3_BUCKET: freshBucket() }));
  await using objects = openObjects(where, meterOf(registry, 'media'));
  await objects.put({ key: 'a/b', body: Buffer.from('abc'), size: 3, contentType: 'image/webp' });
  expect(await objects.head('a/c')).toBeUndefined();
  await using away = openObjects(
    { ...where, endpoint: `http://127.0.0.1:${await freePort()}` },
    meterOf(registry, 'api'),
  );
  await expect(away.head('a/b')).rejects.toMatchObject({ kind: 'unavailable' });
  const text = await registry.metrics();
  expect(text).toContain('kilat_media_objects_calls_total{operation="PutObject",result="done"} 1');
  expect(text).toContain('kilat_media_objects_calls_total{operation="HeadObject",result="absent"} 1');
  expect(text).toContain('kilat_api_objects_calls_total{operation="HeadObject",result="failed"} 1');
  expect(text).toContain('kilat_media_objects_call_seconds_count{operation="PutObject"} 1');
});
