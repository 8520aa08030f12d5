import { environmentOf, type TestEvent } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { main } from './main.ts';

/** Is the whole target upload, as one process runs it. */
export interface WholeTarget extends TestTarget {
  /** Is the address of /files. */
  readonly files: string;
}

/** Runs the whole target for an event, on its database, an empty bucket and a bus that does not answer. */
export async function startWhole(event: TestEvent, env: Record<string, string> = {}): Promise<WholeTarget> {
  const port = await freePort();
  const target = await startTarget(main, {
    ...(await environmentOf(event)),
    UPLOAD_LISTEN: `127.0.0.1:${port}`,
    UPLOAD_DRAIN_SECONDS: '0',
    SPOOL_DIR: temporaryFolder(),
    ...env,
  });
  return { ...target, files: `http://127.0.0.1:${port}/files` };
}
