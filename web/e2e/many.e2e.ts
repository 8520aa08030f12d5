import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PhotoPage } from '@kilat/contract';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInstallation, type TestInstallation } from '../../deploy/local/testing.ts';
import { makePhotos, signIn, startBrowser, visit } from './browser.ts';

// In all at full size: 2,000 files of 1, 5 and 10 MiB; what was seen to be ready is deleted on the way.
const full = process.env.KILAT_TEST_SIZE === 'full';
const [files, atOnce] = full ? [2_000, 50] : [24, 12];
const mostRssMiB = 512;

let installation: TestInstallation;
let browser: Browser;
beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await installation?.stop();
});

test(`${files} files from one page are stored without a human's help, in memory that does not grow`, {
  timeout: 3_000_000,
}, async () => {
  const { page } = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await signIn(page, installation.signInLink);
  await page.fill('input[name=title]', 'Many');
  await page.click('button:has-text("Create event")');
  await page.waitForURL('**/studio/events/**');
  const eventId = /events\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
  const [picture = ''] = await makePhotos(page, 1);
  const card = mkdtempSync(join(tmpdir(), 'kilat-card-'));
  const rss: number[] = [];
  let [stored, failed, deleted] = [0, 0, 0];
  for (let first = 0; first < files; first += atOnce) {
    const photos = writeCard(card, readFileSync(picture), first);
    await page.setInputFiles('input[type=file]', photos);
    const wanted = first + atOnce;
    await page.waitForFunction(
      (count) => document.querySelectorAll('li[data-state=stored], li[data-state=failed]').length === count,
      atOnce + failed,
      { timeout: 600_000 },
    );
    stored += await page.locator('li[data-state=stored]').count();
    failed = await page.locator('li[data-state=failed]').count();
    for (const photo of photos) rmSync(photo);
    if (failed > 0) console.log(await page.locator('li[data-state=failed]').allTextContents());
    await page.click('button:has-text("Clear stored")');
    // Not further ahead than disks are large: previews and their check take longer than sending.
    await expect
      .poll(async () => (deleted += await deleteReady(page, eventId)), { timeout: 600_000, interval: 500 })
      .toBeGreaterThan(wanted - 3 * atOnce);
    rss.push(rssMiB());
  }
  console.log(`stored ${stored} of ${files}; resident MiB ${rss.join(' ')}`);
  expect(stored).toBeGreaterThan(files * 0.99);
  expect(Math.max(...rss)).toBeLessThan(mostRssMiB);
});

/** Writes files as a card has them: one picture, behind it as many bytes as wished, each file its own. */
function writeCard(folder: string, picture: Buffer, first: number): string[] {
  const mebibyte = 1024 * 1024;
  return Array.from({ length: atOnce }, (_, nth) => {
    const n = first + nth;
    const filler = Buffer.alloc(([1, 5, 10][n % 3] ?? 1) * mebibyte - picture.length);
    filler.writeUInt32BE(n);
    const path = join(folder, `DSC_${n}.JPG`);
    writeFileSync(path, Buffer.concat([picture, filler]));
    return path;
  });
}

/** Deletes the objects of photos that are ready; answers how many. */
async function deleteReady(page: Page, eventId: string): Promise<number> {
  const folder = join(installation.dataDir, 'objects', 'root', 'kilat', 'e', eventId);
  const there = new Set(readdirSync(folder));
  const answer = await page.request.get(`${installation.origin}/api/events/${eventId}/photos?limit=200`);
  const { photos } = PhotoPage.parse(await answer.json());
  const ready = photos.filter(({ photo_id, state }) => state === 'ready' && there.has(photo_id));
  for (const { photo_id } of ready) rmSync(join(folder, photo_id), { recursive: true, force: true });
  return ready.length;
}

/** Reads how much memory all targets together have resident, in MiB. */
function rssMiB(): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = readOr(`/proc/${pid}/cmdline`);
    if (!command.includes('--target=all') || !readOr(`/proc/${pid}/environ`).includes(installation.dataDir)) continue;
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readOr(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024);
  }
  return 0;
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
