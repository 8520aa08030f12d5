import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInstallation, type TestInstallation } from '../../deploy/local/testing.ts';
import { makeFile, makePhotos, signIn, startBrowser, violations, visit, type WatchedPage } from './browser.ts';

let installation: TestInstallation;
let browser: Browser;
let owner: WatchedPage;
let eventUrl: string;
let photos: string[];
beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), startBrowser()]);
  owner = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await signIn(owner.page, installation.signInLink);
  await owner.page.fill('input[name=title]', 'Cards');
  await owner.page.click('button:has-text("Create event")');
  await owner.page.waitForURL('**/studio/events/**');
  eventUrl = owner.page.url();
  photos = await makePhotos(owner.page, 6, 200_000);
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

async function drop({ page }: WatchedPage, files: string[]): Promise<void> {
  await page.click('nav >> text=Photos');
  await page.setInputFiles('input[type=file]', files);
}

const uploads = ({ page }: WatchedPage) =>
  page.$$eval('li[data-state]', (items) => items.map((item) => item.getAttribute('data-state')));

const verdict = (page: Page) => page.getAttribute('[data-verdict]', 'data-verdict');
const frames = (page: Page) =>
  page.$$eval('[data-frame]', (rows) => rows.map((row) => row.getAttribute('data-state') ?? ''));

test('a card is announced, its report follows by itself until all is verified, and says not to format it', async () => {
  const { page } = owner;
  await drop(owner, photos);
  await page.click('nav >> text=Cards');
  await page.click('[data-job] a');
  await page.waitForSelector('[data-verdict]');
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  await expect.poll(() => verdict(page)).toBe('not_backed_up');
  expect(await page.textContent('#verdict')).toBe('All verified, not backed up: do not format');
  expect(await frames(page)).toEqual(photos.map(() => 'verified'));
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
  expect(await violations(page)).toEqual([]);

  const proof = page.locator('button.proof:visible').first();
  const short = (await proof.textContent())?.split(' ')[1] ?? 'none';
  await proof.click();
  expect(await page.textContent('dl')).toMatch(new RegExp(`photo\\.verified.*${short}[0-9a-f]{52}`, 's'));
  expect(owner.complaints).toEqual([]);
});

test('the report prints black on white, with the whole manifest and where the journal stood', async () => {
  const { page } = owner;
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const paper = await page.evaluate(() => ({
    ink: getComputedStyle(document.body).color,
    shown: ['nav', 'select', 'button.screen', '.panel'].filter(
      (name) => document.querySelector(name)?.checkVisibility() ?? false,
    ),
    foot: document.querySelector('tfoot')?.textContent ?? '',
    footIsRepeated: getComputedStyle(document.querySelector('tfoot') ?? document.body).display,
  }));
  await page.emulateMedia({ media: null, colorScheme: null });
  expect(paper).toMatchObject({ ink: 'rgb(0, 0, 0)', shown: [], footIsRepeated: 'table-footer-group' });
  expect(paper.foot).toMatch(/stood at entry \d+\..*Hash [0-9a-f]{64} · epoch [0-9a-f-]{36}/s);
});

test('the same card dropped again is here already, and no byte of it is sent', async () => {
  const { page } = owner;
  await page.click('nav >> text=Photos');
  await page.click('button:has-text("Clear stored")');
  const sent: string[] = [];
  const note = (request: { method(): string; url(): string }) => {
    if (['PUT', 'PATCH'].includes(request.method())) sent.push(request.url());
  };
  page.on('request', note);
  await drop(owner, photos);
  await expect.poll(() => uploads(owner)).toEqual(photos.map(() => 'here'));
  page.off('request', note);
  await page.click('text=Card report');
  await page.waitForSelector('[data-verdict=not_backed_up]');
  expect([sent, await frames(page)]).toEqual([[], photos.map(() => 'verified')]);
});

test('an answer that was lost on its way makes no second card', async () => {
  const { page } = owner;
  const isAnnouncement = (url: URL) => url.pathname.endsWith('/jobs');
  const ids: string[] = [];
  await page.route(isAnnouncement, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    ids.push(route.request().postDataJSON().job_id);
    if (ids.length > 1) return route.continue();
    await route.fetch();
    await route.abort('connectionreset');
  });
  await drop(owner, await makePhotos(page, 1, 345_678));
  await expect.poll(async () => (await uploads(owner)).at(-1)).toBe('stored');
  await page.unroute(isAnnouncement);
  expect(ids).toEqual([ids[0], ids[0]]);
  await page.click('nav >> text=Cards');
  await expect.poll(() => page.locator('[data-job]').count()).toBe(3);
  owner.complaints.length = 0; // the connection that was broken on purpose
});

test('what keeps a card from being formatted is named, and can be looked at alone', async () => {
  const { page } = owner;
  await drop(owner, [...photos.slice(0, 2), makeFile('holiday.jpg', 'not a photo at all')]);
  await expect.poll(() => uploads(owner)).toContain('failed');
  await page.click('text=Card report');
  await expect.poll(() => page.textContent('#verdict')).toBe('Not yet: 1 file is missing');
  expect(await page.textContent('[data-verdict]')).toContain('holiday.jpg Not a photo');
  await page.click('button:has-text("Not safe yet 1")');
  expect(await frames(page)).toEqual(['failed']);
});

test('what failed is shown with its reason, set aside by keyboard, and tried again by a click', async () => {
  const { page } = owner;
  const broken = join(photos[0] ?? '', '../broken.jpg');
  writeFileSync(broken, readFileSync(photos[0] ?? '').subarray(0, 700));
  await drop(owner, [broken]);
  const counts = () =>
    page.evaluate(async () => {
      const { counts } = await (await fetch(location.pathname.replace('/studio', '/api').concat('/failures'))).json();
      return counts.map(({ stage, count }: { stage: string; count: number }) => `${stage} ${count}`).sort();
    });
  await expect.poll(counts).toEqual(['thumbnail 1', 'upload 1']);
  await page.click('nav >> text=Failed');
  const refused = page.locator('[data-stage=upload]');
  expect(await refused.textContent()).toMatch(/holiday\.jpg\s*Not a photo/);
  expect(await page.locator('[data-stage=upload] >> text=Retry').count()).toBe(0);
  expect(await violations(page)).toEqual([]);

  await refused.locator('button:has-text("Set aside")').focus();
  for (const key of ['Enter', 'ArrowDown', 'Tab', 'Enter']) await page.keyboard.press(key);
  await page.waitForSelector('text=1 was set aside. The photo stays what it is.');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('status');
  await page.click('[data-stage=thumbnail] >> text=Retry');
  await page.waitForSelector('text=1 is tried again.');
  expect(await page.locator('[data-failure]').count()).toBe(0);
  expect(await page.locator('nav >> text=Failed').textContent()).toMatch(/^\s*Failed\s*$/);
  await page.click('nav >> text=Photos');
  await expect.poll(counts).toEqual(['thumbnail 1']);
});

test('somebody who was invited says a name, joins, and uploads; the owner sees who it was', async () => {
  const { page } = owner;
  await page.click('nav >> text=People');
  await page.click('button:has-text("Create invite link")');
  const link = await page.inputValue('[data-invite] input.url');
  expect(await violations(page)).toEqual([]);

  const citra = await visit(browser);
  await citra.page.goto(link);
  await citra.page.fill('input[name=name]', 'Citra');
  expect(await violations(citra.page)).toEqual([]);
  await citra.page.click('button:has-text("Join the event")');
  await citra.page.waitForURL(eventUrl);
  expect(await citra.page.locator('nav >> text=People').count()).toBe(0);
  await drop(citra, await makePhotos(citra.page, 1, 321_000));
  await expect.poll(() => uploads(citra)).toEqual(['stored']);
  expect(citra.complaints).toEqual([]);

  await page.click('nav >> text=Cards');
  await page.waitForSelector('[data-job] >> text=Card of Citra');
  await page.click('nav >> text=People');
  await page.waitForSelector('[data-member=Citra]');
  await citra.page.goto(link);
  await citra.page.click('button:has-text("Join the event")');
  await citra.page.waitForURL(eventUrl);
  await citra.page.context().close();
});

test('the owner limits what the event takes, sees what is used, and what is too much is refused in words', async () => {
  const { page } = owner;
  await page.click('nav >> text=People');
  const today = page.locator('fieldset', { hasText: 'A day' });
  const used = Number.parseInt((await today.textContent())?.match(/(\d+) today/)?.[1] ?? '', 10);
  expect(used).toBeGreaterThanOrEqual(photos.length);
  await page.fill('[name="day.photos"]', String(used));
  await page.fill('[name="total.bytes"]', '1.5');
  await page.click('button:has-text("Save limits")');
  await page.waitForSelector('text=Saved.');
  await page.reload();
  expect(await page.inputValue('[name="total.bytes"]')).toBe('1.5');
  expect(await today.textContent()).toMatch(new RegExp(`${used} of ${used}.*Used up`, 's'));
  expect(await violations(page)).toEqual([]);

  await drop(owner, await makePhotos(page, 1, 234_567));
  await page.waitForSelector('text=The quota is used up');
});
