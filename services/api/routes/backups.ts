import { BackupPlan, BackupsView } from '@kilat/contract';
import type { Access } from '#internal/auth/access.ts';
import type { BackupStore } from '#internal/backups/places.ts';
import type { App } from '#internal/httpserver/httpserver.ts';
import type { Caller } from '../caller.ts';
import { EventParams } from './params.ts';

/** Is what these routes need. */
export interface BackupRoutes {
  access: Access;
  caller: Caller;
  backups: BackupStore;
}

/** Adds where an event's second copies go, how long they stay, and how far each place is. */
export function backupRoutes(app: App, { access, caller, backups }: BackupRoutes): void {
  const url = '/api/events/:event_id/backups';
  app.get(url, { schema: { params: EventParams, response: { 200: BackupsView } } }, async (req) => {
    await access.check(await caller(req), 'backup.manage', req.params.event_id);
    return backups.read(req.params.event_id);
  });
  app.put(url, { schema: { params: EventParams, body: BackupPlan, response: { 200: BackupsView } } }, async (req) => {
    await access.check(await caller(req), 'backup.manage', req.params.event_id);
    return backups.change(req.params.event_id, req.body);
  });
}
