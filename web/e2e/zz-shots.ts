import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { startInstallation } from '../../deploy/local/testing.ts';
import { startBrowser, visit } from './browser.ts';

const pg = createRequire(new URL('../../deploy/local/testing.ts', import.meta.url))('pg');
const out = process.argv[2] ?? '/tmp/shots6';
const t0 = Date.now();
const inst = await startInstallation();
console.log('installed', Date.now() - t0);
const browser = await startBrowser();
try {
  const { ports } = JSON.parse(readFileSync(join(inst.dataDir, 'instance.json'), 'utf8'));
  const password = readFileSync(join(inst.dataDir, 'postgres/password'), 'utf8').trim();
  const client = new pg.Client({ connectionString: `postgres://kilat:${password}@127.0.0.1:${ports.postgres}/kilat` });
  await client.connect();
  client.on('error', () => {});
  const owner = await visit(browser, { viewport: { width: 1440, height: 900 } });
  await owner.page.goto(inst.signInLink);
  await owner.page.waitForURL('**/studio');
  await owner.page.fill('input[name=title]', 'Ayu & Bram');
  await owner.page.click('button:has-text("Create event")');
  await owner.page.waitForURL('**/studio/events/**');
  const url = owner.page.url();
  const id = url.split('/').at(-1);
  await owner.page.goto(`${url}/failures`);
  await owner.page.waitForSelector('.failures');
  await owner.page.screenshot({ path: `${out}/none-desktop.png` });
  const add = async (count: number, stage: string, cls: string, error: string, state: string, upload?: string) => {
    await client.query(
      `with made as (insert into photos (event_id, photo_id, file_name, content_type, size, state, stored_seq, stored_at, version)
      select $1, gen_random_uuid(), 'DSC_' || lpad((1000+n)::text,4,'0') || '.JPG', 'image/jpeg', 1, $3, n, now(), 0 from generate_series(1,$2::int) n returning photo_id)
      ${
        upload
          ? `insert into uploads (event_id, photo_id, state, refusal, length, metadata) select $1, photo_id, '${upload}', '${error}', 1, '{}' from made`
          : `insert into stages (event_id, photo_id, stage, state, attempts, error_class, error, updated_at) select $1, photo_id, '${stage}', 'failed', 6, '${cls}', '${error}', now() - random() * interval '1 hour' from made`
      }`,
      [id, count, state],
    );
  };
  await add(3, 'thumbnail', 'invalid', 'The picture ends before it is complete.', 'failed');
  await add(1, 'thumbnail', 'unknown', 'The work took too long.', 'ready');
  await add(120, 'backup', 'network', 'drive: The provider was not reached.', 'ready');
  await add(2, 'upload', 'invalid', 'not_a_photo', 'failed', 'refused');
  for (const [name, width, height] of [
    ['desktop', 1440, 900],
    ['phone', 360, 740],
  ] as const)
    for (const scheme of ['light', 'dark'] as const) {
      await owner.page.setViewportSize({ width, height });
      await owner.page.emulateMedia({ colorScheme: scheme });
      await owner.page.goto(`${url}/failures`);
      await owner.page.waitForSelector('[data-group]');
      await owner.page.evaluate(() => scrollTo(0, 0));
      await owner.page.screenshot({ path: `${out}/${name}-${scheme}.png` });
      await owner.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await owner.page.screenshot({ path: `${out}/${name}-${scheme}-end.png` });
      const axe = await new AxeBuilder({ page: owner.page }).analyze();
      console.log(
        name,
        scheme,
        axe.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`),
        await owner.page.evaluate(() => document.documentElement.scrollWidth),
      );
    }
  await owner.page.setViewportSize({ width: 360, height: 740 });
  await owner.page.emulateMedia({ colorScheme: 'light' });
  await owner.page.evaluate(() => scrollTo(0, 0));
  // By keyboard alone: to the first row's Set aside.
  const row = owner.page.locator('[data-stage=thumbnail]').first();
  await row.locator('button', { hasText: 'Set aside' }).focus();
  await owner.page.keyboard.press('Enter');
  await owner.page.screenshot({ path: `${out}/phone-asking.png` });
  await owner.page.keyboard.press('Escape');
  console.log('after escape', await owner.page.evaluate(() => document.activeElement?.getAttribute('aria-label')));
  await owner.page.keyboard.press('Enter');
  await owner.page.keyboard.press('Tab');
  await owner.page.keyboard.press('Enter');
  await owner.page.waitForSelector('[data-discarded]');
  await owner.page.waitForTimeout(300);
  console.log(
    'after set aside',
    await owner.page.evaluate(() => [document.activeElement?.tagName, document.activeElement?.textContent]),
  );
  await owner.page.screenshot({ path: `${out}/phone-aside.png` });
  await owner.page.setViewportSize({ width: 1440, height: 900 });
  await owner.page.click('button:has-text("Show more of 115")');
  await owner.page.waitForTimeout(500);
  console.log('rows', await owner.page.locator('[data-stage=backup]').count());
  await owner.page.click('button:has-text("Retry all 120")');
  await owner.page.waitForSelector('text=120 are tried again');
  await owner.page.screenshot({ path: `${out}/desktop-retried.png` });
  console.log(
    'complaints',
    owner.complaints,
    (await client.query(`select stage,state,lane,count(*) from stages group by 1,2,3`)).rows,
  );
  const admin = await fetch(`http://127.0.0.1:${ports.admin}/metrics`).then((r) => r.text());
  console.log(
    admin
      .split('\n')
      .filter((l) => /^kilat_relay_(stage|consumer|measured)/.test(l))
      .join('\n'),
  );
} catch (error) {
  console.log(error);
} finally {
  await browser.close();
  await inst.stop();
}
