import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { guarded, outliveNobody } from './orphan.ts';
import { root } from './services.ts';

/** Runs a command of the repository to its end on our terminal and answers its code. */
export async function runOnTerminal(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [program = '', ...args] = guarded(command, 'SIGTERM');
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  outliveNobody(child, 'SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
