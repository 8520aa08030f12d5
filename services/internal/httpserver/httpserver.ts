import { randomUUID } from 'node:crypto';
import { type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ListenAddress } from '../env/types.ts';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Meter } from '../metrics/meter.ts';
import { callersTrace, within } from '../trace/trace.ts';
import { drain, watchTraffic } from './drain.ts';
import { answerProblem } from './problem.ts';
import { countRequests } from './requests.ts';

/** Is a Fastify server whose routes are typed by zod schemas. */
export type App = ReturnType<typeof openApp>;

/**
 * Limits what one server takes: body bytes of JSON routes, and whose forwarding headers it believes (CIDRs); `meter` counts;
 * once `leaving` aborts, each answer says that its connection ends.
 */
export interface AppOptions {
  log: Logger;
  trustProxy: readonly string[];
  bodyLimit?: number;
  meter?: Meter | undefined;
  leaving?: AbortSignal | undefined;
}

/** Makes a server that answers errors as problems, sets safe headers and knows no route yet. */
export function openApp(options: AppOptions) {
  const app = fastify({
    loggerInstance: options.log as FastifyInstance['log'],
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    bodyLimit: options.bodyLimit ?? 64 * 1024,
    requestTimeout: 0,
    genReqId: (req) => requestIdOf(req.headers['x-request-id']),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  if (options.meter !== undefined) countRequests(app, options.meter);
  app.setNotFoundHandler((req) => {
    throw new Fault('missing', `There is nothing at ${req.method} ${req.url.split('?')[0]}.`);
  });
  watchTraffic(app, options.leaving);
  // What runs after the body was read has lost what ran before it.
  app.addHook('onRequest', joinTrace);
  app.addHook('preHandler', joinTrace);
  app.addHook('onRequest', async (req, reply) => {
    void reply.headers({
      'x-request-id': req.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
  });
  return app;
}

/** Is a server that listens; it is drained, and then cut, when it is disposed of. */
export interface Listening extends AsyncDisposable {
  /** Takes no new connection from now on and waits for the running requests, as long as they may take. */
  drain(): Promise<void>;
}

/** Listens; requests that run when it is to end may take `drainSeconds` more, then they are cut. */
export async function listen(
  app: Pick<FastifyInstance, 'listen' | 'close' | 'server'>,
  address: ListenAddress,
  drainSeconds = 10,
): Promise<Listening> {
  await app.listen({ host: address.host, port: address.port });
  let drained: Promise<void> | undefined;
  const drainOnce = () => {
    drained ??= drain(app.server, drainSeconds);
    return drained;
  };
  return {
    drain: drainOnce,
    async [Symbol.asyncDispose]() {
      await drainOnce();
      await app.close(); // which cuts what still runs
    },
  };
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{8,128}$/.test(header) ? header : randomUUID();
}

// Whether a caller's trace is recorded is decided once for each request.
const traces = new WeakMap<FastifyRequest, string | undefined>();

function joinTrace(req: FastifyRequest, _reply: unknown, done: () => void): void {
  if (!traces.has(req)) traces.set(req, callersTrace(req.headers.traceparent));
  within(traces.get(req), done);
}
