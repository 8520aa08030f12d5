import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { patienceMs } from '../../deploy/local/patience.ts';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Starts the Chromium of this machine. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.KILAT_CHROMIUM ?? '/usr/bin/chromium', args });
}

// What a machine that is too busy answers, and what pages then ask again.
const busy = /the server responded with a status of 503/;

/** Is a page that notes what a careful person would see in its console. */
export interface WatchedPage {
  page: Page;
  complaints: string[];
}

/** Opens a page of its own visitor: a phone unless told. */
export async function visit(
  browser: Browser,
  options: BrowserContextOptions = { viewport: { width: 360, height: 740 } },
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if ((message.type() === 'error' || message.type() === 'warning') && !busy.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** Signs the owner in by a link that is printed, and waits for the studio. */
export async function signIn(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.waitForURL('**/studio');
  await untilShown(page, 'input[name=title]');
}

/** Waits for what a page shows, and loads it anew while it says that Kilat is too busy, as a person does. */
export async function untilShown(page: Page, selector: string): Promise<void> {
  const refusal = page.locator('main > p.numbers', { hasText: '503' });
  const either = page.locator(selector).or(refusal).first();
  for (await either.waitFor(); await refusal.isVisible(); await either.waitFor()) await page.reload();
}

/** Lists what axe finds wrong with a page. */
export async function violations(page: Page): Promise<string[]> {
  const axe = await new AxeBuilder({ page }).analyze();
  return axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** Lists the JPEGs of the folder that KILAT_TEST_PHOTOS names; none without it. */
export function realPhotos(): string[] {
  const folder = process.env.KILAT_TEST_PHOTOS;
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .map((name) => join(folder, name));
}

/** Makes JPEG files that look like nothing but themselves; `bytes` pads each behind its picture. */
export async function makePhotos(page: Page, count: number, bytes = 0): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilat-e2e-'));
  const made: string[] = [];
  for (let n = 0; n < count; n++) {
    const picture = Buffer.from(await page.evaluate(draw, n), 'base64');
    const path = join(folder, `DSC_${String(n + 1).padStart(4, '0')}.JPG`);
    writeFileSync(path, Buffer.concat([picture, Buffer.alloc(Math.max(0, bytes - picture.length), n + 1)]));
    made.push(path);
  }
  return made;
}

/** Writes a file that is what its name does not say. */
export function makeFile(name: string, content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'kilat-e2e-')), name);
  writeFileSync(path, content);
  return basename(path) === name ? path : '';
}

function draw(n: number): string {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = n % 2 === 0 ? [900, 600] : [600, 900];
  const brush = canvas.getContext('2d');
  if (brush === null) return '';
  const sky = brush.createLinearGradient(0, 0, canvas.width, canvas.height);
  sky.addColorStop(0, `hsl(${n * 47} 60% 40%)`);
  sky.addColorStop(1, `hsl(${n * 47 + 80} 60% 70%)`);
  brush.fillStyle = sky;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.9).split(',')[1] ?? '';
}
