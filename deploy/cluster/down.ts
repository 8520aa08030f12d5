import { rmSync } from 'node:fs';
import { closeRoom } from './rooms.ts';
import { clusterFolder, readState } from './state.ts';

/** Ends this checkout's cluster: no process, network, control group or file of it stays; what was built for it is kept. */
export async function down(): Promise<void> {
  for (const room of readState()?.rooms.reverse() ?? []) await closeRoom(room);
  rmSync(clusterFolder, { recursive: true, force: true, maxRetries: 10 });
}
