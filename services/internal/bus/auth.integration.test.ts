import { join } from 'node:path';
import { streams } from '@kilat/contract';
import { expect, test } from 'vitest';
import { startChild } from '../../../deploy/local/child.ts';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { freePort, isFree } from '../../../deploy/local/port.ts';
import { untilReady } from '../../../deploy/local/ready.ts';
import { resolveBinary } from '../../../deploy/local/resolve.ts';
import { natsBinary } from '../../../deploy/local/servers/nats.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
import { openBus } from './bus.ts';

test('a server that asks for a password gets the one in its URL', async () => {
  const [dataDir, port] = [temporaryFolder(), await freePort()];
  const flags = ['--addr', '127.0.0.1', '--port', String(port), '--user', 'kilat', '--pass', 'a/b%c', '-js'];
  const command = [await resolveBinary(natsBinary), ...flags, '--store_dir', join(dataDir, 'store')];
  await using server = startChild({ name: 'nats', command, logFile: join(dataDir, 'nats.log') });
  await untilReady(server, async () => !(await isFree(port)));
  const url = `nats://kilat:${encodeURIComponent('a/b%c')}@127.0.0.1:${port}`;
  await using bus = await openBus(contextOf(AbortSignal.timeout(patienceMs)), { url, log: silentLog() });
  await bus.declare();
  expect(await bus.lag({ stream: streams.work, name: 'thumbnail-live' })).toMatchObject({ unacked: 0 });
});
