/**
 * Target upload takes photos in.
 *
 * It speaks tus at /files, puts the bytes into S3 and says success only when the photo, its stages and its journal
 * entry are committed. It keeps nothing but leases and spool files of running requests: scale it on CPU.
 */
import { mkdir } from 'node:fs/promises';
import { createAdmission } from '#internal/admission/admission.ts';
import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { longestForm } from '#internal/admission/batch.ts';
import { bucketCheck, databaseCheck, diskCheck, queueCheck } from '#internal/admission/checks.ts';
import { takeTokens } from '#internal/admission/tokens.ts';
import { watchTrouble } from '#internal/admission/trouble.ts';
import { wayBy } from '#internal/admission/way.ts';
import { accessOf } from '#internal/auth/access.ts';
import { sessionsOf } from '#internal/auth/sessions.ts';
import { tellInBackground } from '#internal/bus/background.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { listen } from '#internal/httpserver/httpserver.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { openLimits } from '#internal/limit/limit.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { countCalls } from '#internal/objects/calls.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectsOptions } from '#internal/objects/settings.ts';
import { cancelled } from '#internal/process/context.ts';
import type { Process } from '#internal/process/process.ts';
import { neglectedUploads } from '#internal/uploads/neglected.ts';
import { uploadStore } from '#internal/uploads/store.ts';
import { loadConfig } from './config.ts';
import { createLeases } from './lease.ts';
import { finishedMetrics, reconciledMetrics, storedMetrics, sweptMetrics } from './metrics.ts';
import { createPresigner } from './presign.ts';
import { reconcile } from './reconcile.ts';
import { createServer } from './server.ts';
import { PhotoDataStore } from './store.ts';
import { sweep } from './sweep.ts';
import { tidy } from './tidy.ts';
import { createTus } from './tus.ts';
import { addWays } from './ways.ts';

/** Runs target upload until its context is cancelled and its requests have ended. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  const meter = meterOf(proc.metrics, 'upload');
  await mkdir(config.SPOOL_DIR, { recursive: true });

  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  // Photos come in whether or not the bus is there: the relay looks by itself.
  const relay = tellInBackground(proc.ctx, { url: config.NATS_URL, log });
  await using objects = openObjects(objectsOptions(config), meter);

  await using limits = openLimits(config.REDIS_URL, log, meter);
  const allowances = allowancesOf(config);
  const uploads = uploadStore(database, announceLimits(allowances));
  const access = accessOf(database, 2_000);
  const leases = createLeases(uploads, log);
  const journal = createJournal(database, relay.wake);
  const deps = {
    uploads,
    objects,
    journal,
    log,
    leases,
    spoolDir: config.SPOOL_DIR,
    tiff: config.TAKE_TIFF,
    onStored: storedMetrics(proc),
    ...finishedMetrics(proc),
    access,
  };
  const store = new PhotoDataStore(deps);
  const trouble = watchTrouble(proc.ctx, {
    target: 'upload',
    everySeconds: config.TROUBLE_LOOK_SECONDS,
    checks: {
      database: databaseCheck(database, config.TROUBLE_DATABASE_MS),
      bucket: bucketCheck(objects, countCalls(objects.client)),
      disk: diskCheck(config.SPOOL_DIR, config.TROUBLE_DISK_FREE_PERCENT),
      queue: queueCheck(database, config.TROUBLE_QUEUE_MINUTES),
    },
    metrics: proc.metrics,
    log,
  });
  const admission = createAdmission({ take: takeTokens(limits, allowances), trouble: trouble.reason });
  const tus = createTus({ store, uploads, access, admission, maxBytes: config.UPLOAD_MAX_BYTES, log });
  using presigner = createPresigner({
    ...objectsOptions(config),
    endpoint: config.S3_PUBLIC_ENDPOINT ?? config.S3_ENDPOINT,
  });
  const sessions = sessionsOf(database);
  const ways = { ...deps, sessions, admission, maxBytes: config.UPLOAD_MAX_BYTES };
  const { app, cutAfter } = createServer({
    tus,
    sessions,
    otherWays: (scope) =>
      addWays(scope, {
        ...ways,
        presigner,
        wayOf: wayBy(config.UPLOAD_PRESIGNED_PERCENT),
        putBytes: config.UPLOAD_PRESIGNED_PUT_BYTES,
        mostFiles: config.UPLOAD_BATCH_FILES,
        seconds: config.UPLOAD_BATCH_SECONDS,
      }),
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustProxy: config.TRUST_PROXY,
    maxBytes: config.UPLOAD_MAX_BYTES,
    idleSeconds: config.UPLOAD_IDLE_SECONDS,
    log,
    meter,
    leaving: proc.leaving,
  });

  proc.probe('database', () => database.probe());
  proc.probe('bucket', () => objects.probe());
  // Tus requests, which are resumed, are cut before.
  const drainSeconds = Math.max(config.UPLOAD_DRAIN_SECONDS, longestForm(config.UPLOAD_BATCH_SECONDS));
  await using server = await listen(app, config.UPLOAD_LISTEN, drainSeconds);
  const sweeping = sweep(
    proc.ctx,
    { ...deps, neglected: neglectedUploads(database), onSwept: sweptMetrics(proc) },
    {
      everySeconds: config.UPLOAD_SWEEP_SECONDS,
      idleSeconds: config.UPLOAD_SWEEP_SECONDS,
    },
  );
  const reconciling = reconcile(
    proc.ctx,
    { ...deps, database },
    {
      databaseUrl: config.DATABASE_URL,
      everySeconds: config.RECONCILE_SECONDS,
      orphanHours: config.RECONCILE_ORPHAN_HOURS,
      onReconciled: reconciledMetrics(proc),
    },
  );
  const tidying = tidy(proc.ctx, config.SPOOL_DIR, log);
  proc.ready();
  await cancelled(proc.ctx);
  await cutAfter(config.UPLOAD_DRAIN_SECONDS, server.drain());
  await Promise.all([sweeping, reconciling, tidying, relay.ended, trouble.ended]);
}
