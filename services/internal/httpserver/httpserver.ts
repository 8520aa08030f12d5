import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ListenAddress } from '../env/types.ts';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Meter } from '../metrics/meter.ts';
import { parseTraceparent, within } from '../trace/trace.ts';
import { answerProblem } from './problem.ts';
import { countRequests } from './requests.ts';

const drainMs = 10_000;
const draining = new WeakSet<Server>();

/** Is a Fastify server whose routes are typed by zod schemas. */
export type App = ReturnType<typeof openApp>;

/** Limits what one server takes: body bytes of JSON routes, and whose forwarding headers it believes (CIDRs); `meter` counts. */
export interface AppOptions {
  log: Logger;
  trustProxy: readonly string[];
  bodyLimit?: number;
  meter?: Meter | undefined;
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
  app.addHook('onSend', async (_req, reply) => {
    if (draining.has(app.server)) void reply.header('connection', 'close');
  });
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

/** Listens, and closes when disposed: no new connections, running requests end first, within 10 s. */
export async function listen(
  app: Pick<FastifyInstance, 'listen' | 'close' | 'server'>,
  address: ListenAddress,
): Promise<AsyncDisposable> {
  await app.listen({ host: address.host, port: address.port });
  return {
    async [Symbol.asyncDispose]() {
      await drain(app.server);
      await app.close(); // which cuts what still runs
    },
  };
}

// What is answered from now on tells its client that the connection ends: a proxy would send its next request on it.
async function drain(server: Server): Promise<void> {
  if (!server.listening) return;
  draining.add(server);
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  for (const deadline = Date.now() + drainMs; Date.now() < deadline; ) {
    server.closeIdleConnections();
    if (await Promise.race([closed, setTimeout(20, false)])) return;
  }
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{8,128}$/.test(header) ? header : randomUUID();
}

function joinTrace(req: FastifyRequest, _reply: unknown, done: () => void): void {
  within(parseTraceparent(req.headers.traceparent), done);
}
