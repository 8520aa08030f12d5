import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress, text, wholeNumber } from '#internal/env/types.ts';
import { listen, openApp } from '#internal/httpserver/httpserver.ts';
import { type Logger, openLog } from '#internal/log/log.ts';
import { openMetrics, type Registry } from '#internal/metrics/metrics.ts';
import { cancelled, contextOf } from '#internal/process/context.ts';
import type { Probe, Process } from '#internal/process/process.ts';
import { openReporter } from '#internal/report/open.ts';
import { reportSettings } from '#internal/report/settings.ts';
import { openTracing } from '#internal/trace/open.ts';
import { traceSettings } from '#internal/trace/settings.ts';
import manifest from './package.json' with { type: 'json' };
import { loadTarget, type TargetName } from './targets.ts';

/** Lists the settings of a process, whatever targets it runs. */
export const serveSettings = {
  ADMIN_LISTEN: listenAddress('where /livez, /readyz and /metrics are served', '127.0.0.1:9090'),
  LEAVE_SECONDS: wholeNumber(
    'how long answers only tell that their connections end before a stop begins; for behind a proxy that keeps connections',
    { default: 0, min: 0, max: 60 },
  ),
  LOG_LEVEL: text('least level that is logged: debug, info, warn, error', 'info'),
  ...traceSettings,
  ...reportSettings,
};

/** Hands on what nobody caught, and ends the process once it was told of. */
export type OnCrash = (tell: (error: unknown) => Promise<void>) => void;

/** Runs targets until the signal; one that ends by itself takes the process down. Returns the exit code. */
export async function serve(
  names: readonly TargetName[],
  env: Environment,
  stop: AbortSignal,
  onCrash: OnCrash,
): Promise<number> {
  const settings = readSettings(serveSettings, env);
  const only = names.length === 1 ? names[0] : undefined;
  const target = only ?? 'kilat';
  await using reporter = await openReporter({
    ...{ dsn: settings.SENTRY_DSN, target, version: manifest.version },
    onRefused: (why) => log.warn(why, 'error reports are not taken'),
  });
  const log = openLog({ level: settings.LOG_LEVEL, target, onError: reporter.report });
  onCrash(async (err) => {
    log.fatal({ err }, 'crashed');
    await reporter[Symbol.asyncDispose]();
  });
  await using _tracing = await openTracing({
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
    share: settings.OTEL_TRACES_SAMPLER_ARG,
    service: only === undefined ? 'kilat' : `kilat-${only}`,
    version: manifest.version,
    onRefused: (err) => log.warn({ err }, 'traces are not taken'),
  });
  const metrics = openMetrics(names, manifest.version);
  const health = createHealth(names);
  const failed = new AbortController();
  const ctx = contextOf(AbortSignal.any([later(stop, settings.LEAVE_SECONDS * 1_000), failed.signal]));
  await using _admin = await listen(adminApp(log, metrics, health), settings.ADMIN_LISTEN);
  let code = 0;
  const runs = names.map(async (name) => {
    const own = name === only ? log : log.child({ target: name });
    try {
      const target = await loadTarget(name);
      await target.main(processOf(name, { ctx, leaving: stop, env, log: own, metrics, health }));
      if (!ctx.cancelled) throw new Error('ended without being asked to');
    } catch (err) {
      code = 1;
      own.error({ err }, 'target failed');
      failed.abort();
    }
  });
  await Promise.all(runs);
  log.info('stopped');
  return code;
}

function later(signal: AbortSignal, ms: number): AbortSignal {
  if (ms === 0) return signal;
  const after = new AbortController();
  void cancelled(contextOf(signal)).then(() => setTimeout(() => after.abort(), ms));
  return after.signal;
}

type Health = ReturnType<typeof createHealth>;

function createHealth(names: readonly string[]) {
  const waiting = new Set(names);
  const probes = new Map<string, Probe>();
  return {
    ready: (name: string) => waiting.delete(name),
    probe: (name: string, probe: Probe) => probes.set(name, probe),
    /** Lists why this process should get no new work; empty when it should. */
    async problems(): Promise<string[]> {
      const answers = await Promise.all([...probes].map(async ([name, probe]) => [name, await probe()] as const));
      const failing = answers.flatMap(([name, problem]) => (problem === undefined ? [] : [`${name}: ${problem}`]));
      return [...[...waiting].map((name) => `${name}: starting`), ...failing];
    },
  };
}

function processOf(name: TargetName, parts: Omit<Process, 'ready' | 'probe'> & { health: Health }): Process {
  const { health, ...rest } = parts;
  return {
    ...rest,
    ready: () => {
      health.ready(name);
      rest.log.info('ready');
    },
    probe: (what, probe) => health.probe(`${name} ${what}`, probe),
  };
}

function adminApp(log: Logger, metrics: Registry, health: Health) {
  const app = openApp({ log, trustProxy: [] });
  app.get('/livez', async () => ({ status: 'alive' }));
  app.get('/readyz', async (_req, reply) => {
    const problems = await health.problems();
    return reply
      .status(problems.length > 0 ? 503 : 200)
      .send({ status: problems.length > 0 ? 'waiting' : 'ready', problems });
  });
  app.get('/metrics', async (_req, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  return app;
}
