import { S3ServiceException } from '@aws-sdk/client-s3';
import { Fault } from '../fault/fault.ts';

/** Tells whether S3 said that there is no such object or multipart upload. */
export function isAbsent(error: unknown): boolean {
  // A bucket that is not there is our trouble, and says nothing of its objects.
  if (!(error instanceof S3ServiceException) || error.name === 'NoSuchBucket') return false;
  return ['NoSuchKey', 'NoSuchUpload', 'NotFound'].includes(error.name) || error.$metadata.httpStatusCode === 404;
}

/** Tells whether S3 lacks a part that it had: its multipart upload was given up while it was being joined. */
export function lacksPart(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'InvalidPart';
}

/** Tells whether a conditional write was refused because the object is there already. */
export function isThereAlready(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;
}

const limiting = new Set(['SlowDown', 'TooManyRequests', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded']);

/** Tells whether S3 said that there were too many requests, by a fault of ours or its own words. */
export function isLimited(error: unknown): boolean {
  if (error instanceof Fault) return isLimited(error.cause);
  if (!(error instanceof S3ServiceException)) return false;
  const { httpStatusCode: status } = error.$metadata;
  // Both of its 503 ask for fewer requests; to a HEAD they come without a word.
  return status === 429 || status === 503 || limiting.has(error.name);
}

// 4xx that tell of a connection or a server that broke while bytes went over: seen as a nameless 400 of a dying server.
const broken = new Set(['Unknown', 'UnknownError', 'BadRequest', 'IncompleteBody', 'RequestTimeout', 'BadDigest']);

/** Turns what S3 refuses into a fault: its 401, 403, 5xx, lost connections and lost buckets are never the client's. */
export function asObjectFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  const known = error instanceof S3ServiceException && error.name !== 'NoSuchBucket';
  const status = known ? error.$metadata.httpStatusCode : undefined;
  const isBroken = status !== 404 && error instanceof S3ServiceException && broken.has(error.name);
  const refused =
    !isBroken && status !== undefined && status !== 401 && status !== 403 && status !== 429 && status < 500;
  if (refused) return error;
  return new Fault('unavailable', 'The object storage is not available.', {
    cause: error,
    class: status === undefined ? 'network' : 'server',
  });
}
