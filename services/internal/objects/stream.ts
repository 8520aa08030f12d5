import { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** Is the size of a chunk on the wire; S3 takes none under 8 KiB but the last. */
const chunkBytes = 65_536;

/** Is what comes after the last chunk of a body whose CRC32, 8 characters in base64, follows it. */
const trailer = 'x-amz-checksum-crc32';
const endBytes = '0\r\n'.length + `${trailer}:12345678\r\n`.length + '\r\n'.length;

interface Request {
  body?: unknown;
  headers: Record<string, string>;
}

/**
 * Lets streams of known length go out with a Content-Length, also those whose checksum follows them (aws-chunked), and
 * breaks a request off when its stream fails.
 *
 * By itself the SDK frames them by HTTP's own chunks. versitygw 1.8.0 does not wait for the end of those: what came of it
 * after the answer was taken for the next request of the connection, and refused with a nameless 400. Other servers do not
 * take such a body at all.
 */
export function sendStreamsSized(client: Pick<S3Client, 'middlewareStack'>): void {
  // The SDK frames a body between these two.
  client.middlewareStack.add(
    (next) => (args) => {
      cutEvenly(args.request as Request);
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'cutEvenly' },
  );
  client.middlewareStack.add(
    (next) => (args) => {
      size(args.request as Request);
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'size' },
  );
}

function cutEvenly(request: Request): void {
  const length = request.headers['content-length'];
  if (!(request.body instanceof Readable) || length === undefined) return;
  request.body = Readable.from(chunksOf(request.body, Number(length)), { highWaterMark: 1 });
}

function size(request: Request): void {
  const { body, headers } = request;
  if (!(body instanceof Readable)) return;
  breakOffWith(body);
  const length = headers['x-amz-decoded-content-length'];
  if (length === undefined || headers['x-amz-trailer'] !== trailer) return;
  headers['content-length'] = String(encodedBytes(Number(length)));
  delete headers['transfer-encoding'];
}

// A pipe alone, which is what the SDK uses, leaves a request open for ever whose body fails.
function breakOffWith(body: Readable): void {
  let request: ClientRequest | undefined;
  body.on('error', (error) => request?.destroy(error));
  const { pipe } = body;
  body.pipe = (to, options) => {
    if (to instanceof ClientRequest) request = to;
    if (body.errored) request?.destroy(body.errored); // it may fail before the request takes it
    return pipe.call(body, to, options) as typeof to;
  };
}

/** Counts the bytes of a body of so many bytes when it goes out in even chunks with a trailer. */
function encodedBytes(bytes: number): number {
  const framed = (chunk: number) => chunk.toString(16).length + '\r\n'.length + chunk + '\r\n'.length;
  const rest = bytes % chunkBytes;
  return Math.floor(bytes / chunkBytes) * framed(chunkBytes) + (rest > 0 ? framed(rest) : 0) + endBytes;
}

async function* chunksOf(stream: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let [chunk, filled, seen] = [Buffer.allocUnsafe(chunkBytes), 0, 0];
  for await (const piece of stream) {
    seen += piece.length;
    if (seen > size) break;
    for (let from = 0; from < piece.length; ) {
      const taken = piece.subarray(from, from + chunkBytes - filled);
      chunk.set(taken, filled);
      from += taken.length;
      filled += taken.length;
      if (filled < chunkBytes) continue;
      yield chunk;
      [chunk, filled] = [Buffer.allocUnsafe(chunkBytes), 0];
    }
  }
  if (seen !== size) throw new Error(`A stream of ${size} bytes had ${seen > size ? 'more' : seen}.`);
  if (filled > 0) yield chunk.subarray(0, filled);
}
