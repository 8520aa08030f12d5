import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '#internal/auth/principal.ts';
import type { Uploader } from '#internal/auth/uploader.ts';
import { type CheckedRequest, checksumIn } from './checksum.ts';

/** Is what tus's own interfaces do not hand down: facts of the request that is being answered. */
export interface UploadRequest {
  readonly method: string;
  readonly contentLength: number | undefined;
  readonly principal: Principal;
  /** Is set when the body comes with a checksum, which decides over it as a whole. */
  readonly checked: CheckedRequest | undefined;
  /** Is who writes the upload by this request, once it is known. */
  writer?: Uploader | undefined;
  /** Is told when somebody else waits for the upload: the body ends soon, before its end. */
  cutShort: boolean;
  /** Sets a header of the answer, or takes it back. */
  header(name: string, value: string | undefined): void;
}

/** Carries the request through @tus/server to the store and the locker. */
export const uploadRequest = new AsyncLocalStorage<UploadRequest>();

/** Gives the request that is being answered. */
export function currentRequest(): UploadRequest {
  const request = uploadRequest.getStore();
  if (request === undefined) throw new Error('outside of an upload request');
  return request;
}

/** Gathers the facts of a request. Throws checksum_invalid. */
export function requestOf(
  method: string,
  { req, res, principal }: { req: IncomingMessage; res: ServerResponse; principal: Principal },
): UploadRequest {
  // RFC 9112 §6.3: a request that says neither how long its body is nor that it comes in pieces has none.
  const { 'content-length': length = '0', 'transfer-encoding': pieces } = req.headers;
  const contentLength = pieces === undefined ? Number(length) : undefined;
  const checksum = checksumIn(req.headers);
  const request: UploadRequest = {
    method,
    contentLength,
    principal,
    checked: checksum && {
      checksum,
      contentLength,
      complete: () => req.complete && !request.cutShort,
      trailers: () => req.trailers,
    },
    cutShort: false,
    header: (name, value) => void (value === undefined ? res.removeHeader(name) : res.setHeader(name, value)),
  };
  return request;
}
