import { Migration } from '@mikro-orm/migrations';

/** Lets a team see what failed, event by event, and set aside what needs nobody; finds what is due lane by lane. */
export class M0008Failures extends Migration {
  override up(): void {
    for (const statements of [stages, lanes, uploads]) this.addSql(statements);
  }
}

// What fails again after it was set aside is newer than that, and so is listed again, whoever wrote it.
const stages = `
alter table stages
  add column discarded_at timestamptz,
  add column discarded_by uuid,
  add column discard_reason text;
create index stages_failed on stages (event_id, updated_at, photo_id, stage) include (error_class)
  where state = 'failed' and (discarded_at is null or discarded_at < updated_at);
create index stages_discarded on stages (event_id) where state = 'failed' and discarded_at >= updated_at;
`;

// The relay takes what is due lane by lane.
const lanes = `
drop index stages_due;
create index stages_due on stages (lane, next_attempt_at) where state = 'due';
`;

const uploads = `
alter table uploads
  add column discarded_at timestamptz,
  add column discarded_by uuid,
  add column discard_reason text;
create index uploads_failed on uploads (event_id, last_activity_at, photo_id) include (state)
  where state in ('refused', 'gone', 'expired') and discarded_at is null;
create index uploads_discarded on uploads (event_id) where discarded_at is not null;
`;
