import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execute, onPath } from '../local/program.ts';
import { say } from '../local/progress.ts';
import { root } from '../local/services.ts';
import { runOnTerminal } from '../local/terminal.ts';

const usage = `Usage: pnpm image [options] [-- options of podman or docker]

Builds both images: kilat, of all targets, and kilat-web, of the pages. Layers that did not change are kept.

  --tag <tag>        instead of the version of package.json
  --base <image>     the image to build on, best by its digest: node:24.21.0-bookworm-slim@sha256:...
  --only <name>      services or web
  --builder <name>   podman or docker; whichever is there unless told
  --help             print this
`;

/** Names each image, by the file that it is built from. */
const images = { services: 'kilat', web: 'kilat-web' } as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tag: { type: 'string' },
      base: { type: 'string' },
      only: { type: 'string' },
      builder: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = values.only === undefined ? Object.keys(images) : [values.only];
  if (values.help || !names.every((name) => name in images)) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const builder = values.builder ?? ['podman', 'docker'].find((name) => onPath(name));
  if (builder === undefined) throw new Error('Neither podman nor docker is on PATH.');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  for (const name of names as (keyof typeof images)[]) {
    const tag = `${images[name]}:${values.tag ?? version}`;
    say(`Building ${tag} ...`);
    const given = { VERSION: version, REVISION: await revision(), ...(values.base && { BASE: values.base }) };
    const args = Object.entries(given).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const file = join(root, 'deploy', 'images', `${name}.Dockerfile`);
    const code = await runOnTerminal([builder, 'build', '--file', file, '--tag', tag, ...args, ...positionals, root]);
    if (code !== 0) return code;
  }
  return 0;
}

async function revision(): Promise<string> {
  return (await execute(['git', 'rev-parse', 'HEAD'], { cwd: root }).catch(() => 'unknown')).trim();
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
