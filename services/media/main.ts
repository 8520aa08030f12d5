/**
 * Target media serves pictures to whoever holds a capability.
 *
 * It follows the journal to deny at once what is hidden or deleted. It keeps no state: scale it on CPU.
 */
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { followInBackground } from '#internal/bus/background.ts';
import type { JournalHandler } from '#internal/bus/follow.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { listen } from '#internal/httpserver/httpserver.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectsOptions } from '#internal/objects/settings.ts';
import type { Process } from '#internal/process/process.ts';
import { loadConfig } from './config.ts';
import { type Permit, permitOf } from './permit.ts';
import { createServer } from './serve.ts';

/** Runs target media until its context is cancelled. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  const meter = meterOf(proc.metrics, 'media');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  await using objects = openObjects(objectsOptions(config), meter);

  const permit = permitOf(database, capabilitiesOf(config.KILAT_SECRET));
  const { TRUST_PROXY: trustProxy } = config;
  const app = createServer({ objects, permit, trustProxy, log, meter, leaving: proc.leaving });
  proc.probe('database', () => database.probe());
  proc.probe('bucket', () => objects.probe());
  await using _server = await listen(app, config.MEDIA_LISTEN, config.MEDIA_DRAIN_SECONDS);
  proc.ready();
  await followInBackground(proc.ctx, { url: config.NATS_URL, log }, forgetting(permit));
}

// What was known of another epoch is of a database that was put back since.
function forgetting(permit: Permit): JournalHandler {
  let known: string | undefined;
  return {
    entry({ epoch, photo_id }) {
      if (photo_id === null || epoch !== known) permit.forgetAll();
      else permit.forget(photo_id);
      known = epoch;
    },
    restarted: () => permit.forgetAll(),
  };
}
