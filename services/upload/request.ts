import { AsyncLocalStorage } from 'node:async_hooks';
import type { Principal } from '#internal/auth/principal.ts';

/** Is what tus's own interfaces do not hand down: facts of the request that is being answered. */
export interface UploadRequest {
  readonly method: string;
  readonly contentLength: number | undefined;
  readonly principal: Principal;
}

/** Carries the request through @tus/server to the store and the locker. */
export const uploadRequest = new AsyncLocalStorage<UploadRequest>();

/** Gives the request that is being answered. */
export function currentRequest(): UploadRequest {
  const request = uploadRequest.getStore();
  if (request === undefined) throw new Error('outside of an upload request');
  return request;
}
