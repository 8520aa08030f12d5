/**
 * Target live shows each change of an event to its watchers, over SSE, without a gap.
 *
 * It keeps open streams and recent frames, nothing else: a client resumes by its cursor on any replica.
 */
import { accessOf } from '#internal/auth/access.ts';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { sessionsOf } from '#internal/auth/sessions.ts';
import { onBus } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { listen } from '#internal/httpserver/httpserver.ts';
import { readHead } from '#internal/journal/journal.ts';
import { openLimits } from '#internal/limit/limit.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { cancelled } from '#internal/process/context.ts';
import type { Process } from '#internal/process/process.ts';
import { createAdmission } from './admission.ts';
import { loadConfig } from './config.ts';
import { createHub } from './hub.ts';
import { followJob } from './job.ts';
import { createCounts, paintedMetrics, sentReport, showCounts } from './metrics.ts';
import { takePainted } from './painted.ts';
import { createServer } from './server.ts';

/** Runs target live until its context is cancelled and its streams are closed. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  const meter = meterOf(proc.metrics, 'live');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });

  const counts = createCounts();
  const hub = createHub({ database, counts, onSent: sentReport(meter, log) });
  await using limits = openLimits(undefined, log);
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
    counts,
    painted: takePainted(database, paintedMetrics(meter)),
    paintedLimits: {
      session: limits.limit({ name: 'painted-session', points: 60, seconds: 60, whenDown: 'open' }),
      photos: limits.limit({ name: 'painted-photos', points: 200, seconds: 60, whenDown: 'open' }),
      all: limits.limit({ name: 'painted', points: 1_200, seconds: 60, whenDown: 'open' }),
    },
    allowedOrigins: config.ALLOWED_ORIGINS,
    rotateMs: config.LIVE_ROTATE_SECONDS * 1_000,
    trustProxy: config.TRUST_PROXY,
    log,
    meter,
    leaving: proc.leaving,
  });
  showCounts(proc.metrics, meter, counts, { admission, most: config.LIVE_MAX_STREAMS, events: hub.events });
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
