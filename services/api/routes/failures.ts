import { DiscardFailures, FailurePage, FailureQuery, FailuresSettled, RetryFailures } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import { may } from '#internal/auth/authorize.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { FailureRequest, Failures } from '#internal/stages/failures.ts';
import type { FailureSettler } from '#internal/stages/failuresettle.ts';
import { accountOf, type Caller } from '../caller.ts';
import { EventParams } from './params.ts';

/** Is what these routes need. */
export interface FailureRoutes {
  access: Access;
  caller: Caller;
  failures: FailureSettler & { read: (request: FailureRequest) => Promise<Failures> };
}

/** Adds what failed in an event: the list, a new try, and setting aside what needs nobody any more. */
export function failureRoutes(app: App, { access, caller, failures }: FailureRoutes): void {
  const url = '/api/events/:event_id/failures';
  app.get(
    url,
    { schema: { params: EventParams, querystring: FailureQuery, response: { 200: FailurePage } } },
    async (req) => {
      const principal = await caller(req);
      const resource = await access.check(principal, 'failure.see', req.params.event_id);
      const page = await failures.read({ eventId: req.params.event_id, ...req.query });
      const may_retry = may(principal, 'photo.retry', resource);
      return { ...page, may_retry, may_discard: may(principal, 'failure.discard', resource) };
    },
  );
  app.post(
    `${url}/retry`,
    { schema: { params: EventParams, body: RetryFailures, response: { 202: FailuresSettled } } },
    async (req, reply) => {
      const eventId = req.params.event_id;
      await access.check(await caller(req), 'photo.retry', eventId);
      const settled = await failures.retry(eventId, req.body);
      req.log.info({ event_id: eventId, count: settled.count }, 'failures retried');
      return reply.status(202).send(settled);
    },
  );
  app.post(
    `${url}/discard`,
    { schema: { params: EventParams, body: DiscardFailures, response: { 200: FailuresSettled } } },
    async (req) => {
      const eventId = req.params.event_id;
      const principal = await caller(req);
      await access.check(principal, 'failure.discard', eventId);
      const settled = await failures.discard(eventId, accountOf(principal).accountId, req.body);
      req.log.info({ event_id: eventId, count: settled.count, reason: req.body.reason }, 'failures discarded');
      return settled;
    },
  );
}
