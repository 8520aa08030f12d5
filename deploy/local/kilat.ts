import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tellMistake, withSettings } from './command.ts';
import { guarded, outliveNobody } from './orphan.ts';
import { main, root } from './services.ts';

/** Runs a command of the services to its end, passes signals on, and answers its code. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...rest] = guarded([process.execPath, main, ...args], 'SIGTERM');
  const child = spawn(program, rest, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  outliveNobody(child, 'SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await withSettings(process.argv.slice(2), process.env, run).catch(tellMistake);
process.exit();
