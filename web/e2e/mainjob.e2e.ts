import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../deploy/local/program.ts';
import { startInstallation, type TestInstallation } from '../../deploy/local/testing.ts';
import {
  makeFile,
  makePhotos,
  realPhotos,
  signIn,
  startBrowser,
  untilShown,
  violations,
  visit,
  type WatchedPage,
} from './browser.ts';

let installation: TestInstallation;
let browser: Browser;
let studio: WatchedPage;
beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), startBrowser()]);
  studio = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await signIn(studio.page, installation.signInLink);
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

/** Creates an event as its owner does and gives the guest link that the studio shows. */
async function createEvent(title: string): Promise<string> {
  const { page } = studio;
  await page.goto(`${installation.origin}/studio`);
  await untilShown(page, 'input[name=title]');
  await page.fill('input[name=title]', title);
  await page.click('button:has-text("Create event")');
  await page.waitForURL('**/studio/events/**');
  return page.inputValue('input.url');
}

async function allStored(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelectorAll('li[data-state=stored]').length === wanted, count);
}

async function sharpTiles(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelectorAll('[data-photo] img.loaded').length >= wanted, count);
}

interface Line {
  msg: string;
  photo_id?: string;
  type?: string;
}

function logLines(): Line[] {
  const text = readFileSync(join(installation.logsDir, 'kilat.log'), 'utf8');
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

/** Counts the photos of which a page told when they were on its screen. */
async function glassToGuest(): Promise<number> {
  const { ports } = JSON.parse(readFileSync(join(installation.dataDir, 'instance.json'), 'utf8'));
  const text = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text();
  return Number(/^kilat_live_glass_to_guest_seconds_count (\d+)$/m.exec(text)?.[1] ?? 0);
}

const guests = [
  { name: 'a phone', width: 360, height: 740, colorScheme: 'dark' as const },
  { name: 'a desktop', width: 1440, height: 900, colorScheme: 'light' as const },
];
test.each(guests)(
  'a guest with $name sees each photo appear without a refresh, and opens it large',
  async ({ width, height, colorScheme }) => {
    const guestLink = await createEvent('Wedding');
    const guest = await visit(browser, { viewport: { width, height }, colorScheme });
    await guest.page.goto(guestLink);
    expect(guest.page.url()).toMatch(/\/e\/[0-9a-f-]{36}$/);
    await guest.page.evaluate(() => Object.assign(window, { neverReloaded: true }));
    const photos = [...(await makePhotos(studio.page, 3)), ...realPhotos()];
    await studio.page.setInputFiles('input[type=file]', photos);
    await allStored(studio.page, photos.length);
    await sharpTiles(guest.page, photos.length);
    expect(await guest.page.evaluate(() => 'neverReloaded' in window)).toBe(true);
    await expect.poll(() => guest.page.locator('[data-photo]').count()).toBe(photos.length);
    await expect.poll(glassToGuest).toBeGreaterThanOrEqual(photos.length);

    await guest.page.locator('[data-photo]').first().focus();
    await guest.page.keyboard.press('Enter');
    await guest.page.waitForSelector('.pswp__img:not(.pswp__img--placeholder)');
    expect(guest.page.url()).toContain('?photo=');
    const first = guest.page.url();
    await guest.page.keyboard.press('ArrowRight');
    await guest.page.waitForURL((url) => url.search !== '' && url.href !== first);
    await guest.page.goBack();
    await guest.page.waitForSelector('.pswp', { state: 'detached' });
    expect(guest.page.url()).toMatch(/\/e\/[0-9a-f-]{36}$/);

    await guest.page.goto(first);
    await guest.page.waitForSelector('.pswp__img:not(.pswp__img--placeholder)');
    await guest.page.keyboard.press('Escape');
    await guest.page.waitForSelector('.pswp', { state: 'detached' });
    await guest.page.waitForURL((url) => url.search === '');
    expect(guest.complaints).toEqual([]);
    const axe = await new AxeBuilder({ page: guest.page }).analyze();
    expect(
      axe.violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    ).toEqual([]);
    await guest.page.context().close();
  },
);

test('each hop of a photo leaves one line in the log', async () => {
  await createEvent('One photo');
  await studio.page.setInputFiles('input[type=file]', await makePhotos(studio.page, 1));
  await allStored(studio.page, 1);
  await sharpTiles(studio.page, 1);
  const photoId = await studio.page.locator('[data-photo]').first().getAttribute('data-photo');
  const hops = () =>
    logLines()
      .filter((line) => line.photo_id === photoId)
      .map(({ msg, type }) => (type ? `${msg}: ${type}` : msg));
  await expect.poll(hops).toContain('photo sent');
  const path = [
    'photo announced',
    'photo stored',
    'entry published: photo.stored',
    'work published',
    'photo rendered',
    'entry published: photo.rendered',
    'photo sent',
  ];
  expect(path.map((hop) => hops().filter((line) => line === hop).length)).toEqual(path.map(() => 1));
});

test('says beside each file what is wrong with it, and disturbs no other', async () => {
  await createEvent('Bad input');
  const [photo = ''] = await makePhotos(studio.page, 1);
  await studio.page.setInputFiles('input[type=file]', [
    makeFile('holiday.jpg', 'not a photo at all'),
    makeFile('empty.jpg', ''),
    photo,
  ]);
  await allStored(studio.page, 1);
  await expect.poll(() => studio.page.locator('li[data-name="holiday.jpg"]').textContent()).toContain('Not a photo');
  await expect
    .poll(() => studio.page.locator('li[data-name="empty.jpg"]').textContent())
    .toContain('The file is empty');
});

test('waits as long as a busy server asks, says so, and goes on by itself', async () => {
  await createEvent('Busy server');
  const { page } = studio;
  const files = (url: URL) => url.pathname.startsWith('/files');
  await page.route(
    files,
    (route) =>
      route.fulfill({ status: 503, headers: { 'retry-after': '2' }, json: { code: 'unavailable', detail: 'busy' } }),
    { times: 1 },
  );
  await page.setInputFiles('input[type=file]', await makePhotos(page, 1));
  await page.waitForSelector('text=The server is busy. Goes on by itself');
  await allStored(page, 1);
  await page.unroute(files);
});

test('says that a pulled card is away, and sends on when it is back', async () => {
  await createEvent('Pulled card');
  const { page } = studio;
  const [photo = ''] = await makePhotos(page, 1);
  const jobs = (url: URL) => url.pathname.endsWith('/jobs');
  await page.route(jobs, async (route) => {
    renameSync(photo, `${photo}.away`);
    await route.continue();
  });
  await page.setInputFiles('input[type=file]', photo);
  await page.waitForSelector('text=is its card still in?');
  await page.unroute(jobs);
  renameSync(`${photo}.away`, photo);
  await page.click('text=Retry');
  await allStored(page, 1);
});

test('goes on where it was when the tab was closed and the same file is dropped again', async () => {
  await createEvent('Closed tab');
  const { page } = studio;
  const [photo = ''] = await makePhotos(page, 1, 24 * 1024 * 1024);
  const network = await page.context().newCDPSession(page);
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 5,
    downloadThroughput: -1,
    uploadThroughput: 4 * 1024 * 1024,
  });
  await page.setInputFiles('input[type=file]', photo);
  await page.waitForFunction(
    () => (document.querySelector<HTMLProgressElement>('li progress')?.value ?? 0) > 8 * 1024 * 1024,
  );
  const again = await page.context().newPage();
  await page.close({ runBeforeUnload: false });
  studio.page = again;
  await again.goto(`${installation.origin}/studio`);
  await again.click('text=Closed tab');
  await again.waitForURL('**/studio/events/**');
  const offsets: number[] = [];
  again.on('request', (request) => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']));
  });
  await again.setInputFiles('input[type=file]', photo);
  await allStored(again, 1);
  expect(offsets[0]).toBeGreaterThan(4 * 1024 * 1024);
});

test('a page that was asked for while Kilat was away says so, and its button opens it when Kilat is back', async () => {
  const link = await createEvent('Back in a moment');
  const { page } = await visit(browser);
  const [services] = (await execute(['pgrep', '-P', `${installation.pid}`, '-f', 'main.ts serve'])).trim().split('\n');
  process.kill(Number(services), 'SIGKILL');
  expect((await page.goto(link))?.status()).toBe(503);
  expect(await page.textContent('main')).toContain('Nothing that was uploaded is lost');
  const again = page.locator('main a.button', { hasText: 'Try again' });
  await again.waitFor();
  expect(await violations(page)).toEqual([]);
  const press = () => again.press('Enter', { timeout: 1_000 }).catch(() => {}); // it is gone once the page is there
  await expect.poll(() => press().then(() => page.textContent('h1'))).toContain('Back in a moment');
  await page.context().close();
});

test('answers a wrong link with a page that says so', async () => {
  const { page } = await visit(browser);
  const answer = await page.goto(`${installation.origin}/g/wrong`);
  expect(answer?.status()).toBe(404);
  expect(await page.textContent('main')).toContain('Scan the QR code again');
  await page.context().close();
});

test('the studio has no serious accessibility violation', async () => {
  await createEvent('Accessible');
  const axe = await new AxeBuilder({ page: studio.page }).analyze();
  expect(
    axe.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
  ).toEqual([]);
});
