import { existsSync } from 'node:fs';
import { execute, onPath } from './program.ts';
import { type Say, stillAt } from './progress.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Answers the path of a Chromium for the browser tests; installs Debian's when we are root there. */
export async function ensureChromium(say: Say): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() === 0 && onPath('apt-get')) await installChromium(say);
  const installed = findChromium();
  if (installed) return installed;
  throw new Error(`The browser tests need Chromium: install one so that ${names.join(' or ')} is on PATH.`);
}

function findChromium(): string | undefined {
  const path = names.map(onPath).find((found) => found !== undefined);
  return path ?? (existsSync(mac) ? mac : undefined);
}

async function installChromium(say: Say): Promise<void> {
  say('Installing Chromium for the browser tests (once, by apt-get) ...');
  using _still = stillAt('installing Chromium', say);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await execute(['apt-get', 'update', '-qq'], { env });
  await execute(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
}
