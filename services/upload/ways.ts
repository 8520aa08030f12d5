import type { App } from '#internal/httpserver/httpserver.ts';
import { type BatchDeps, batchRoutes } from './batch.ts';
import { type PresignedDeps, presignedRoutes } from './presigned.ts';

/** Adds the ways in besides tus: straight to the bucket, and many files in one form. */
export async function addWays(app: App, deps: PresignedDeps & BatchDeps): Promise<void> {
  presignedRoutes(app, deps);
  await batchRoutes(app, deps);
}
