import { RenditionName } from '@kilat/contract';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Fault } from '#internal/fault/fault.ts';
import { type App, openApp } from '#internal/httpserver/httpserver.ts';
import type { Logger } from '#internal/log/log.ts';
import { originalKey, renditionKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { PhotoRow } from '#internal/photos/view.ts';
import { attachmentOf } from './attachment.ts';
import type { Permit } from './permit.ts';

/** Is what the media server needs. */
export interface ServeDeps {
  objects: Objects;
  permit: Permit;
  trustProxy: readonly string[];
  log: Logger;
}

const Params = z.object({
  event_id: z.uuid(),
  photo_id: z.uuid(),
  version: z.coerce.number().int().min(1),
  rendition: z.union([RenditionName, z.literal('original')]),
});
const Query = z.object({ c: z.string().max(400).default('') });
const RangeHeader = /^bytes=\d*-\d*$/;

/** Makes the server of /media: renditions for whoever holds a capability, originals as attachments. */
export function createServer(deps: ServeDeps): App {
  const app = openApp(deps);
  app.get(
    '/media/:event_id/:photo_id/:version/:rendition',
    { schema: { params: Params, querystring: Query } },
    async (req, reply) => {
      const { event_id, photo_id, version, rendition } = req.params;
      const original = rendition === 'original';
      const row = await deps.permit.check(req.query.c, event_id, photo_id, original ? 'original' : 'view');
      const key = original
        ? originalKey(event_id, photo_id, version)
        : renditionKey(event_id, photo_id, rendition, version);
      void reply.headers(original ? headersOfOriginal(row) : headersOfRendition());
      const { range } = req.headers;
      return sendObject(
        deps,
        reply,
        key,
        range !== undefined && RangeHeader.test(range) ? range : undefined,
        req.headers['if-none-match'],
      );
    },
  );
  return app;
}

async function sendObject(
  deps: ServeDeps,
  reply: FastifyReply,
  key: string,
  range: string | undefined,
  known: string | undefined,
): Promise<unknown> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const object = await deps.objects.get(key, { range, signal: gone.signal });
  if (object === undefined) throw new Fault('missing', 'There is no such picture.', { code: 'photo_missing' });
  void reply.header('etag', object.etag).header('accept-ranges', 'bytes');
  if (known === object.etag) {
    object.body.destroy();
    return reply.status(304).send();
  }
  if (object.range !== undefined) void reply.status(206).header('content-range', object.range);
  return reply.header('content-length', object.size).send(object.body);
}

const safe = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
};

// The URL names version and capability: browsers keep a picture for a day, shared caches for a minute.
function headersOfRendition(): Record<string, string> {
  return { ...safe, 'content-type': 'image/webp', 'cache-control': 'public, max-age=86400, s-maxage=60, immutable' };
}

function headersOfOriginal(row: PhotoRow): Record<string, string> {
  return {
    ...safe,
    'content-type': row.contentType ?? 'application/octet-stream',
    'content-disposition': attachmentOf(row.fileName),
    'cache-control': 'private, no-store',
  };
}
