import { Migration } from '@mikro-orm/migrations';

/** Finds photos by when they were taken; lets photos be rendered anew, a run of them at a time. */
export class M0005Backfills extends Migration {
  override up(): void {
    for (const statements of [pairs, backfills]) this.addSql(statements);
  }
}

const pairs = `
create index photos_by_taken_at on photos (event_id, taken_at desc, photo_id);
`;

// A stage remembers the last run that it was set due by; few of a run are unsettled at a time, and few fail.
const backfills = `
create table backfills (
  backfill_id uuid primary key,
  scope text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index backfills_running on backfills (scope) where ended_at is null;
alter table stages add column backfill_id uuid;
create index stages_of_backfill on stages (backfill_id, state) where backfill_id is not null and state <> 'done';
`;
