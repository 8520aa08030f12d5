import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInstallation, type TestInstallation } from '../../deploy/local/testing.ts';
import { makePhotos, signIn, startBrowser, visit, type WatchedPage } from './browser.ts';

let installation: TestInstallation;
let browser: Browser;
let studio: WatchedPage;
beforeAll(async () => {
  const env = { UPLOAD_PRESIGNED_PERCENT: '100' };
  [installation, browser] = await Promise.all([startInstallation({ env }), startBrowser()]);
  studio = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await signIn(studio.page, installation.signInLink);
  await studio.page.fill('input[name=title]', 'Straight to the bucket');
  await studio.page.click('button:has-text("Create event")');
  await studio.page.waitForURL('**/studio/events/**');
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

const states = () =>
  studio.page.$$eval('li[data-state]', (items) => items.map((item) => item.getAttribute('data-state')));

test('photos go straight to the bucket, in one PUT or in parts, and the studio shows them', async () => {
  const { page } = studio;
  const puts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') puts.push(new URL(request.url()).searchParams.get('partNumber') ?? 'whole');
  });
  const photos = [...(await makePhotos(page, 2)), ...(await makePhotos(page, 1, 20 * 1024 * 1024))];
  await page.setInputFiles('input[type=file]', photos);
  await expect.poll(states).toEqual(['stored', 'stored', 'stored']);
  expect(puts.sort()).toEqual(['1', '2', '3', 'whole', 'whole']);
  await expect.poll(() => page.locator('[data-photo] img.loaded').count()).toBe(3);
  expect(studio.complaints).toEqual([]);
});

test('what the event has already is said at once, and no byte of it is sent again', async () => {
  const { page } = studio;
  const photos = await makePhotos(page, 3, 300_000);
  await page.setInputFiles('input[type=file]', photos);
  await expect.poll(async () => (await states()).filter((state) => state === 'stored').length).toBe(6);
  await expect.poll(() => page.locator('[data-photo] img.loaded').count()).toBe(6);
  await page.click('button:has-text("Clear stored")');
  const sent: string[] = [];
  page.on('request', (request) => {
    if (['PUT', 'PATCH'].includes(request.method())) sent.push(request.url());
  });
  await page.setInputFiles('input[type=file]', photos);
  await expect.poll(states).toEqual(['here', 'here', 'here']);
  expect([sent, studio.complaints]).toEqual([[], []]);
});
