import { Migration } from '@mikro-orm/migrations';

/** Keeps each try to send a notification, as long as the notification itself. */
export class M0009Tries extends Migration {
  override up(): void {
    this.addSql(tries);
  }
}

const tries = `
create table notification_tries (
  notification_id uuid not null references notifications on delete cascade,
  tried_at timestamptz not null,
  took_ms integer not null,
  result text not null,
  status integer,
  error text,
  primary key (notification_id, tried_at)
);
`;
