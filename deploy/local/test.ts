import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureChromium } from './chromium.ts';
import { say } from './progress.ts';
import { bringServers } from './servers/servers.ts';
import { root } from './services.ts';
import { temporaryFolder } from './temporary.ts';
import { runOnTerminal } from './terminal.ts';
import { buildWeb } from './web.ts';

const usage = `Usage: npm test -- [options] [words in the paths of tests]

Runs every check of the project: formatting, lint, types, boundaries and unused code, then all tests on real servers
and in a real browser.

  --full            at full size (as npm run test:full does)
  --project <name>  only unit, web, chart, integration, fault or e2e, without the checks; may be given more than once
  --help            print this

KILAT_TEST_PHOTOS names a folder of JPEGs that the tests use besides those that they make.
`;

/** Is what the JSON report of vitest says that we read. */
interface Report {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      project: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  // What the tests make lies in here, so that it goes even when they are cut short.
  const folder = temporaryFolder();
  const partial = values.project.length > 0 || positionals.length > 0;
  const [chromium] = await Promise.all([ensureChromium(say), buildWeb(say), bringServers()]);
  // Beside the tests, which wait often, and behind them: it takes what they leave of the cores.
  const check = ['nice', process.execPath, join(root, 'deploy/local/check.ts')];
  const checking = partial ? 0 : runOnTerminal(check, process.env);
  const env = {
    ...process.env,
    TMPDIR: folder,
    KILAT_CHROMIUM: chromium,
    ...(values.full && { KILAT_TEST_SIZE: 'full' }),
  };
  const projects = values.project.flatMap((name) => ['--project', name]);
  const { passed, failed } = await runTests(join(folder, 'report.json'), [...projects, ...positionals], env);
  const checked = (await checking) === 0;
  const failures = failed + (checked ? 0 : 1);
  if (!checked) process.stdout.write('The checks of the sources failed: see above the tests.\n');
  process.stdout.write(`${passed} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

async function runTests(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ passed: number; failed: number }> {
  const vitest = join(root, 'node_modules', '.bin', 'vitest');
  const code = await runOnTerminal(
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args],
    env,
  );
  return countsOf(file, code);
}

// A file that cannot even be loaded, and an error outside of any test, count as a failure each.
function countsOf(file: string, code: number): { passed: number; failed: number } {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    );
    const failed = report.numFailedTests + unloaded.length;
    return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

process.exit(await main());
