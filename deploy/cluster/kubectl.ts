import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { guarded, outliveNobody } from '../local/orphan.ts';
import { execute } from '../local/program.ts';

/** Runs kubectl against one cluster and answers what it printed. */
export interface Kubectl {
  (args: readonly string[]): Promise<string>;
  /** Answers the whole command, for who runs it himself. */
  command(args: readonly string[]): string[];
}

/** Makes the kubectl of one cluster. */
export function kubectlOf(program: string, kubeconfig: string): Kubectl {
  const command = (args: readonly string[]) => [program, '--kubeconfig', kubeconfig, ...args];
  return Object.assign((args: readonly string[]) => execute(command(args)), { command });
}

/** Makes an object be as it is given, or several in one list; throws what the API server said against it. */
export async function apply(kubectl: Kubectl, ...objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await feed(kubectl.command(['apply', '--server-side', '--force-conflicts', '-f', '-']), JSON.stringify(list));
}

/** Runs a command that reads from its standard input and answers what it printed; throws with what it said. */
export async function feed(command: readonly string[], input: string): Promise<string> {
  const [program = '', ...args] = guarded(command);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  outliveNobody(child, 'SIGTERM');
  child.stdin.on('error', () => {}); // it may end before it has read all: its code tells
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}:\n${said.trim()}`);
  return printed;
}
