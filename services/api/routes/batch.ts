import replyFrom from '@fastify/reply-from';
import { longestForm } from '#internal/admission/batch.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import { EventParams } from './params.ts';

/** Is what the route needs: the address of target upload, which decides and answers. */
export interface BatchRoutes {
  uploadUrl: string;
  batchSeconds: number;
}

/** Adds the form of many files in one request; its bytes are streamed on to target upload as they come. */
export async function batchRoutes(app: App, { uploadUrl, batchSeconds }: BatchRoutes): Promise<void> {
  const timeout = longestForm(batchSeconds) * 1_000;
  await app.register(replyFrom, { base: uploadUrl, undici: { headersTimeout: timeout, bodyTimeout: timeout } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('multipart/form-data', (_req, payload, done) => done(null, payload));
  app.post('/api/events/:event_id/photos/batch', { schema: { params: EventParams } }, (req, reply) =>
    reply.from(`/files/batch/${req.params.event_id}`, {
      rewriteRequestHeaders: (_req, headers) => ({ ...headers, 'x-request-id': req.id, 'x-forwarded-for': req.ip }),
      onError: (answer, { error }) => void answer.send(unavailable(error)),
    }),
  );
}

function unavailable(cause: Error): Fault {
  return new Fault('unavailable', 'Uploads are not taken at the moment.', { cause });
}
