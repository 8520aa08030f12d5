import type { Readable } from 'node:stream';
import { RenditionName } from '@kilat/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Fault } from '#internal/fault/fault.ts';
import { type App, type AppOptions, openApp } from '#internal/httpserver/httpserver.ts';
import type { Logger } from '#internal/log/log.ts';
import { originalKey, renditionKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { PhotoRow } from '#internal/photos/view.ts';
import { attachmentOf } from './attachment.ts';
import type { Permit } from './permit.ts';
import { parseRange } from './range.ts';

/** Is what the media server needs. */
export interface ServeDeps extends AppOptions {
  objects: Pick<Objects, 'head' | 'get'>;
  permit: Permit;
}

const Params = z.object({
  event_id: z.uuid(),
  photo_id: z.uuid(),
  version: z.coerce.number().int().min(1).max(1_000_000),
  rendition: z.union([RenditionName, z.literal('original')]),
});
const Query = z.object({ c: z.string().max(400).default('') });

/** Is one file of a photo: where it lies, and what is said of it. Keys are never overwritten, so that its tag is its name. */
interface MediaFile {
  key: string;
  etag: string;
  headers: Record<string, string>;
}

/** Makes the server of /media: renditions for whoever holds a capability, originals as attachments. */
export function createServer(deps: ServeDeps): App {
  const app = openApp(deps);
  app.addHook('onRequest', async (_req, reply) => void reply.header('cache-control', 'no-store'));
  app.route({
    method: ['GET', 'HEAD'],
    url: '/media/:event_id/:photo_id/:version/:rendition',
    schema: { params: Params, querystring: Query },
    handler: async (req, reply) => {
      const { event_id, photo_id, rendition } = req.params;
      const wants = rendition === 'original' ? 'original' : 'view';
      const row = await deps.permit.check(req.query.c, event_id, photo_id, wants);
      return serve(deps, req, reply, fileOf(req.params, row));
    },
  });
  return app;
}

function fileOf({ event_id, photo_id, version, rendition }: z.output<typeof Params>, row: PhotoRow): MediaFile {
  const etag = `"${photo_id}.${version}.${rendition}"`;
  return rendition === 'original'
    ? { key: originalKey(event_id, photo_id, version), etag, headers: headersOfOriginal(row) }
    : { key: renditionKey(event_id, photo_id, rendition, version), etag, headers: headersOfRendition(rendition, row) };
}

// What is not there yet or no more must not be kept by a cache: a file's own headers come once it was found.
async function serve(
  deps: ServeDeps,
  req: FastifyRequest,
  reply: FastifyReply,
  file: MediaFile,
): Promise<FastifyReply> {
  if (isKnown(req.headers['if-none-match'], file.etag)) {
    return reply.headers(file.headers).header('etag', file.etag).status(304).send();
  }
  // Ranges are for originals and for clients that resume: only they need the size beforehand.
  if (req.method === 'HEAD' || req.headers.range !== undefined) return servePart(deps, req, reply, file);
  const object = await deps.objects.get(file.key, { signal: goneSignal(reply) });
  if (object === undefined) throw missing();
  return describe(reply, file, object.size).send(guarded(object.body, deps.log));
}

async function servePart(
  deps: ServeDeps,
  req: FastifyRequest,
  reply: FastifyReply,
  file: MediaFile,
): Promise<FastifyReply> {
  const info = await deps.objects.head(file.key);
  if (info === undefined) throw missing();
  const same = req.headers['if-range'] === undefined || req.headers['if-range'] === file.etag;
  const part = req.method === 'HEAD' || !same ? undefined : parseRange(req.headers.range, info.size);
  if (part === 'unsatisfiable') return reply.status(416).header('content-range', `bytes */${info.size}`).send();
  if (req.method === 'HEAD') return describe(reply, file, info.size).send();
  const range = part && `bytes=${part.start}-${part.end}`;
  const object = await deps.objects.get(file.key, { range, signal: goneSignal(reply) });
  if (object === undefined) throw missing();
  if (part !== undefined)
    void reply.status(206).header('content-range', `bytes ${part.start}-${part.end}/${info.size}`);
  return describe(reply, file, object.size).send(guarded(object.body, deps.log));
}

function describe(reply: FastifyReply, file: MediaFile, size: number): FastifyReply {
  return reply.headers({ ...file.headers, etag: file.etag, 'accept-ranges': 'bytes', 'content-length': size });
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** Gives a signal for when the client is gone: then S3 is not read any further. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

// A body that breaks off breaks the answer off; that is no error of this process.
function guarded(body: Readable, log: Logger): Readable {
  return body.once('error', (err) => log.debug({ err }, 'picture broke off'));
}

function missing(): Fault {
  return new Fault('missing', 'There is no such picture.', { code: 'photo_missing' });
}

const safe = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
};

// The URL names version and capability: browsers keep a picture for a day, shared caches for a minute.
// Under the photo's id: what its file was called, guests are not told.
function headersOfRendition(rendition: RenditionName, { photoId }: PhotoRow): Record<string, string> {
  return {
    ...safe,
    'content-type': rendition === 'web' ? 'image/jpeg' : 'image/webp',
    ...(rendition === 'web' && { 'content-disposition': attachmentOf(`${photoId}.jpg`) }),
    'cache-control': 'public, max-age=86400, s-maxage=60, immutable',
  };
}

function headersOfOriginal(row: PhotoRow): Record<string, string> {
  return {
    ...safe,
    'content-type': row.contentType ?? 'application/octet-stream',
    'content-disposition': attachmentOf(row.fileName),
    'cache-control': 'private, no-store',
  };
}
