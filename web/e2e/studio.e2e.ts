import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../deploy/local/port.ts';
import { startObjectStore } from '../../deploy/local/servers/objectstore.ts';
import type { Server } from '../../deploy/local/servers/server.ts';
import { startInstallation, type TestInstallation, temporaryFolder } from '../../deploy/local/testing.ts';
import { makePhotos, signIn, startBrowser, violations, visit, type WatchedPage } from './browser.ts';

let store: Server;
let installation: TestInstallation;
let browser: Browser;
let owner: WatchedPage;
let eventUrl: string;
beforeAll(async () => {
  [store, browser] = await Promise.all([startObjectStore({ dataDir: temporaryFolder(), own: true }), startBrowser()]);
  // Nobody listens at `far`: what goes there waits, and the place pauses.
  const far = { ...store.env, S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
  const env = { BACKUP_PROVIDERS: 'near,far', ...placeOf('NEAR', store.env), ...placeOf('FAR', far) };
  installation = await startInstallation({ env });
  owner = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await signIn(owner.page, installation.signInLink);
  await owner.page.fill('input[name=title]', 'Told and kept');
  await owner.page.click('button:has-text("Create event")');
  await owner.page.waitForURL('**/studio/events/**');
  eventUrl = owner.page.url();
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
  await store?.stop();
});

function placeOf(name: string, server: Record<string, string>): Record<string, string> {
  return {
    [`BACKUP_${name}_PROFILE`]: 'versitygw',
    [`BACKUP_${name}_ENDPOINT`]: server.S3_ENDPOINT ?? '',
    [`BACKUP_${name}_REGION`]: server.S3_REGION ?? '',
    [`BACKUP_${name}_BUCKET`]: server.S3_BUCKET ?? '',
    [`BACKUP_${name}_ACCESS_KEY_ID`]: server.S3_ACCESS_KEY_ID ?? '',
    [`BACKUP_${name}_SECRET_ACCESS_KEY`]: server.S3_SECRET_ACCESS_KEY ?? '',
  };
}

/** Goes from where the focus is to what a selector names, as who has no mouse does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The keyboard does not reach ${selector}.`);
}

const standing = (page: Page, name: string) => page.getAttribute(`[data-place=${name}]`, 'data-standing');

test('each place counts what it has proved, and one that is away says until when it is left alone, and why', async () => {
  const { page } = owner;
  const [photo = ''] = await makePhotos(page, 1);
  const broken = join(photo, '../broken.jpg');
  writeFileSync(broken, readFileSync(photo).subarray(0, 700));
  await page.setInputFiles('input[type=file]', [photo, broken]);
  await page.click('nav >> text=Copies');
  const said = (name: string) => page.textContent(`[data-place=${name}]`);
  await expect.poll(() => said('near')).toMatch(/All proved.*2 proved/s);
  await expect
    .poll(() => said('far'))
    .toMatch(/Paused.*2 waiting.*Left alone until \d\d:\d\d:\d\d\. It cannot be reached\./s);
  expect(await violations(page)).toEqual([]);
});

test('the owner chooses by keyboard where copies go and how long they stay', async () => {
  const { page } = owner;
  await tabTo(page, '[name=way]');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, '[name=providers][value=far]');
  await page.keyboard.press('Space');
  await tabTo(page, '[name=keep_days]');
  await page.keyboard.type('90');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Saved.');
  expect(await standing(page, 'far')).toBe('off');
  expect(await violations(page)).toEqual([]);
  await page.reload();
  expect(await page.inputValue('[name=keep_days]')).toBe('90');
  expect(
    await page.$$eval('[name=providers]:checked', (boxes) => boxes.map((box) => box.getAttribute('value'))),
  ).toEqual(['near']);
});

test('the card report names where each copy of a file is', async () => {
  const { page } = owner;
  await page.click('nav >> text=Cards');
  await page.click('[data-job] a');
  await page.locator('button.proof:visible').first().click();
  await expect.poll(() => page.textContent('[data-copy=near]')).toMatch(/near: proved\s+s3:\/\//);
});

test('what failed is said, reached by keyboard, and tried again', async () => {
  const { page } = owner;
  await page.click('nav >> text=Failed');
  await page.waitForSelector('[data-stage=thumbnail] >> text=broken.jpg');
  expect(await violations(page)).toEqual([]);
  await tabTo(page, '[data-stage=thumbnail] button');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=1 is tried again.');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('status');
});

test('a webhook hears what was chosen, its log shows each try, and sends again what is asked for', async () => {
  const { page } = owner;
  await page.click('nav >> text=Webhooks');
  // Nothing is sent into the machine itself: each try is refused, and says so.
  await page.fill('[name=url]', 'https://127.0.0.1/hooks');
  await page.click('summary');
  await page.locator('[value="event.changed"]').uncheck();
  expect(await violations(page)).toEqual([]);
  await page.click('button:has-text("Add webhook")');
  await page.waitForSelector('[data-webhook] >> text=shown this once');
  expect(await page.inputValue('[data-webhook] input.url')).toMatch(/^whsec_/);
  const hears = () => page.textContent('[data-webhook] .hears');
  expect(await hears()).toBe('Hears: A photo is ready · A photo fails · A drop is through');

  await page.click('button:has-text("Choose what it hears")');
  await page.locator('[data-webhook] [value="photo.stored"]').check();
  await page.click('[data-webhook] button:has-text("Save")');
  await expect.poll(hears).toContain('A photo is stored');
  await page.click('button:has-text("Send a trial")');
  const message = page.locator('[data-told]');
  await expect.poll(() => message.getAttribute('data-state')).toBe('failed');

  await message.locator('button[aria-expanded]').focus();
  await page.keyboard.press('Enter');
  const tries = message.locator('[data-result]');
  await expect.poll(() => tries.count()).toBe(1);
  expect(await tries.first().textContent()).toMatch(
    /\d\d:\d\d:\d\d.*– *\d+ ms *Its address is not one that may be reached\./s,
  );
  expect(await violations(page)).toEqual([]);
  const id = await message.getAttribute('data-told');
  await message.locator('button:has-text("Send again")').click();
  await expect.poll(() => tries.count()).toBe(2);
  expect(await message.getAttribute('data-told')).toBe(id);

  await page.click('[data-webhook] button:text-is("Remove")');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep');
  await page.click('button:has-text("Remove it and its secret")');
  await expect.poll(() => page.locator('[data-webhook]').count()).toBe(0);
});

test('an account says by keyboard what it wants to be told, and that it is kept', async () => {
  const { page } = owner;
  await page.click('text=Notifications');
  await page.waitForURL('**/studio/notifications');
  await tabTo(page, '[name=email]');
  await page.keyboard.type('owner@example.org');
  await tabTo(page, '[value=backlog]');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Saved.');
  await page.waitForSelector('text=Nothing is sent to owner@example.org until');
  expect(await violations(page)).toEqual([]);
  await page.reload();
  expect(await page.inputValue('[name=email]')).toBe('owner@example.org');
  expect(await page.isChecked('[value=backlog]')).toBe(false);
  expect(await page.isChecked('[value=gallery_ready]')).toBe(true);
});

test('pages that are written at the same time are each in the language of their reader', async () => {
  const lead = { en: 'Every photo reaches every guest', id: 'Setiap foto sampai ke setiap tamu' };
  const languages = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? 'en' : 'id'));
  const pages = await Promise.all(
    languages.map(async (language) =>
      (await fetch(installation.origin, { headers: { 'accept-language': language } })).text(),
    ),
  );
  const read = pages.map((page) => ['en', 'id'].filter((one) => page.includes(lead[one as 'en' | 'id'])).join());
  expect(read).toEqual(languages);
});

test('who reads Indonesian reads all of it so', async () => {
  const { page, complaints } = await visit(browser, {
    ...{ viewport: { width: 360, height: 740 }, locale: 'id-ID', colorScheme: 'dark' },
    storageState: await owner.page.context().storageState(),
  });
  await page.goto(`${eventUrl}/copies`);
  expect(await page.getAttribute('html', 'lang')).toBe('id');
  expect(await page.textContent('[data-place=near]')).toContain('2 terbukti');
  expect(await violations(page)).toEqual([]);
  expect([...complaints, ...owner.complaints]).toEqual([]);
  await page.context().close();
});
