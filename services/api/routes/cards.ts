import { CardReport } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import { isTeam } from '#internal/auth/authorize.ts';
import { uploaderIdOf } from '#internal/auth/uploader.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Caller } from '../caller.ts';
import { JobParams } from './params.ts';

/** Is what the route needs. */
export interface CardRoutes {
  access: Access;
  caller: Caller;
  card: (which: { eventId: string; jobId: string; ownedBy: string | undefined }) => Promise<CardReport | undefined>;
}

/** Adds the card report of a job: may the photographer format the card? */
export function cardRoutes(app: App, { access, caller, card }: CardRoutes): void {
  app.get(
    '/api/events/:event_id/jobs/:job_id/card',
    { schema: { params: JobParams, response: { 200: CardReport } } },
    async (req) => {
      const principal = await caller(req);
      const resource = await access.check(principal, 'upload.continue', req.params.event_id);
      const ownedBy = isTeam(principal, resource) ? undefined : uploaderIdOf(principal);
      const report = await card({ eventId: req.params.event_id, jobId: req.params.job_id, ownedBy });
      if (report === undefined) throw new Fault('missing', 'There is no such job.', { code: 'job_missing' });
      return report;
    },
  );
}
