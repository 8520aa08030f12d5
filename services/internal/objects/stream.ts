import { ClientRequest } from 'node:http';
import { pipeline, Readable, Transform } from 'node:stream';
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
 * after the answer was taken for the next request of the connection, and refused with a nameless 400.
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
  const cutter = cutterOf(Number(length));
  pipeline(request.body, cutter, () => {});
  request.body = cutter;
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

// What comes in whole chunks, as from a file, is not copied.
function cutterOf(size: number): Transform {
  const kept: Uint8Array[] = [];
  let [keptBytes, seen] = [0, 0];
  return new Transform({
    readableObjectMode: true,
    transform(piece: Uint8Array, _encoding, done) {
      seen += piece.length;
      if (seen > size) return done(new Error(`A stream of ${size} bytes had more.`));
      for (let from = 0; from < piece.length; ) {
        const taken = piece.subarray(from, from + chunkBytes - keptBytes);
        from += taken.length;
        keptBytes += taken.length;
        kept.push(taken);
        if (keptBytes < chunkBytes) continue;
        this.push(whole(kept));
        keptBytes = kept.length = 0;
      }
      done();
    },
    flush(done) {
      if (seen !== size) return done(new Error(`A stream of ${size} bytes had ${seen}.`));
      if (keptBytes > 0) this.push(whole(kept));
      done();
    },
  });
}

function whole(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = pieces;
  return only !== undefined && more.length === 0 ? only : Buffer.concat(pieces);
}
