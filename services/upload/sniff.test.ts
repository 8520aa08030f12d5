import sharp from 'sharp';
import { expect, test } from 'vitest';
import { sniff } from './sniff.ts';

const picture = () => sharp({ create: { width: 30, height: 20, channels: 3, background: '#888' } });

test('tells what a photo is and how large', async () => {
  expect(await sniff(await picture().jpeg().toBuffer(), false)).toEqual({
    contentType: 'image/jpeg',
    width: 30,
    height: 20,
  });
});

test('takes a TIFF only where the installation does', async () => {
  const tiff = await picture().tiff().toBuffer();
  await expect(sniff(tiff, false)).rejects.toMatchObject({ code: 'not_a_photo', status: 415 });
  expect(await sniff(tiff, true)).toMatchObject({ contentType: 'image/tiff' });
});
