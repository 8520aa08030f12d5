import { Migration } from '@mikro-orm/migrations';

/** Lets a verification go on by seq and its findings grow without rewriting the earlier; remembers compared events. */
export class M0003Recovery extends Migration {
  override up(): void {
    this.addSql(recovery);
  }
}

const recovery = `
drop table verifications;
create table verifications (
  event_id uuid primary key,
  verified_seq bigint not null default 0,
  photos integer not null default 0,
  started_at timestamptz not null default now()
);
create table verification_findings (
  event_id uuid not null references verifications on delete cascade,
  finding_id bigint generated always as identity,
  finding json not null,
  primary key (event_id, finding_id)
);
create table comparisons (
  event_id uuid primary key,
  compared_at timestamptz not null default now()
);
`;
