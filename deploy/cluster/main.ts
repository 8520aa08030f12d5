import { say } from '../local/progress.ts';
import { down } from './down.ts';
import { bringPrograms } from './programs.ts';
import { scale } from './scale.ts';
import { clusterFolder, kubeconfigPath } from './state.ts';
import { test } from './test.ts';
import { up } from './up.ts';

const usage = `Usage: pnpm cluster <command>

A real Kubernetes on this machine, for trying the chart and for testing it.

  build        build the programs of Kubernetes and KEDA once per user; says what it costs first
  up [--keda]  two nodes with the images of this checkout; --keda also scales on lag
  down         end them; nothing stays but what was built
  test [...]   install, test, upgrade under load, roll back, drain, kill, uninstall; takes KUBECONFIG, else the cluster that is up
  scale [...]  let KEDA scale thumbnail on real lag, and draw what happened; needs a cluster with KEDA
               ... are arguments of helm's, such as --set image.repository=registry.example/kilat
`;

const commands: Record<string, (args: readonly string[]) => Promise<number>> = {
  build: async () => {
    await bringPrograms('scale');
    return 0;
  },
  up: async (args) => {
    process.stdout.write(await up({ keda: args.includes('--keda') }, say).catch(explain));
    return 0;
  },
  down: async () => {
    await down();
    return 0;
  },
  test: (args) => test(kubeconfigPath(process.env), args, say),
  scale: (args) => scale(kubeconfigPath(process.env), args, say),
};

function explain(error: Error): never {
  throw new Error(`${error.message}\nLogs are in ${clusterFolder}/log until "pnpm cluster down".`, {
    cause: error.cause,
  });
}

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
process.exit(
  await command(args).catch((error: Error) => {
    process.stderr.write(`${error.message}${error.cause instanceof Error ? `\n${error.cause.message}` : ''}\n`);
    return 1;
  }),
);
