import type { Problem } from '@kilat/contract';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, logLevelOf, retryAfterOf, statusOf } from '../fault/fault.ts';

/** Answers any throw of a route as RFC 9457 has it; a message never carries its cause to a stranger. */
export function answerProblem(error: FastifyError | Error, req: FastifyRequest, reply: FastifyReply): void {
  const failure = asFault(error);
  req.log[logLevelOf(failure)]({ err: failure, code: codeOf(failure) }, 'request failed');
  const wait = retryAfterOf(failure);
  if (wait !== undefined) void reply.header('retry-after', String(wait));
  void reply.status(statusOf(failure)).type('application/problem+json').send(problemOf(failure, req.id));
}

/** Composes the problem document of a failure. */
function problemOf(error: unknown, requestId: string): Problem {
  const status = statusOf(error);
  const code = codeOf(error);
  const detail =
    error instanceof Fault && error.kind !== 'internal' ? error.message : 'Something went wrong on our side.';
  return {
    type: `urn:kilat:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    code,
    detail,
    request_id: requestId,
  };
}

function codeOf(error: unknown): string {
  return error instanceof Fault ? error.code : 'internal';
}

// Fastify's own refusals (schema, media type, body size) are the client's fault: they carry a 4xx status.
function asFault(error: FastifyError | Error): Error {
  if (error instanceof Fault) return error;
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 400 || status >= 500) return error;
  if (status === 404) return new Fault('missing', 'There is nothing here.', { cause: error });
  const fitting = status === 413 || status === 415 ? status : undefined;
  return new Fault('invalid', error.message, { status: fitting, cause: error });
}
