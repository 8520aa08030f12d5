/**
 * Target live shows each change of an event to its watchers, over SSE, without a gap.
 *
 * It keeps open streams and recent frames, nothing else: a client resumes by its cursor on any replica.
 */
import type { Entry } from '@kilat/contract';
import { accessOf } from '#internal/auth/access.ts';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { sessionsOf } from '#internal/auth/sessions.ts';
import { onBus } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { listen } from '#internal/httpserver/httpserver.ts';
import { readHead } from '#internal/journal/journal.ts';
import { Gauge, Histogram, secondsBuckets } from '#internal/metrics/metrics.ts';
import { cancelled } from '#internal/process/context.ts';
import type { Process } from '#internal/process/process.ts';
import { createAdmission } from './admission.ts';
import { loadConfig } from './config.ts';
import { createHub } from './hub.ts';
import { followJob } from './job.ts';
import { createServer } from './server.ts';

/** Runs target live until its context is cancelled and its streams are closed. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  await using database = await openDatabase({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE, log });

  const hub = createHub({ database, onSent: sentReport(proc) });
  const admission = createAdmission({
    most: config.LIVE_MAX_STREAMS,
    mostPerSession: config.LIVE_STREAMS_PER_SESSION,
  });
  const app = createServer({
    hub,
    // Never from a cache: who was just sent away for a revoked link must not come back in.
    access: accessOf(database),
    sessions: sessionsOf(database),
    capabilities: capabilitiesOf(config.KILAT_SECRET),
    admission,
    jobOf: (eventId, jobId, ownedBy) => followJob(database, { eventId, jobId, ownedBy }),
    headOf: (eventId) => readHead(database, eventId),
    rotateMs: config.LIVE_ROTATE_SECONDS * 1_000,
    trustProxy: config.TRUST_PROXY,
    log,
  });
  new Gauge({
    name: 'kilat_live_streams',
    help: 'Open streams',
    registers: [proc.metrics],
    collect() {
      this.set(admission.count());
    },
  });
  proc.probe('database', () => database.probe());
  await using _server = await listen(app, config.LIVE_LISTEN);
  const bus = { url: config.NATS_URL, log };
  const following = onBus(proc.ctx, bus, (reached) => {
    reached.onHint((progress) => hub.progress(progress));
    return reached.follow(proc.ctx, { entry: ({ event_id }) => hub.wake(event_id), restarted: () => hub.wakeAll() });
  });
  const watching = Promise.all([hub.watch(proc.ctx), hub.watchJobs(proc.ctx)]);
  proc.ready();
  await Promise.race([following, cancelled(proc.ctx)]);
  admission.stop();
  await hub.dismiss(config.LIVE_GRACE_SECONDS);
  await Promise.all([following, watching]);
}

function sentReport(proc: Process) {
  const delay = new Histogram({
    name: 'kilat_live_sent_delay_seconds',
    help: 'From the commit of an entry to its being written to all watchers',
    buckets: secondsBuckets,
    registers: [proc.metrics],
  });
  return (eventId: string, entries: readonly Entry[], clients: number) => {
    for (const { recorded_at, type, photo_id } of entries) {
      delay.observe(Math.max(0, Date.now() - Date.parse(recorded_at)) / 1_000);
      if (type === 'photo.rendered') proc.log.info({ photo_id, event_id: eventId, clients }, 'photo sent');
    }
  };
}
