import { Migration } from '@mikro-orm/migrations';

/** Keeps where second copies of photos are, at which providers, and what is owed to them. */
export class M0006Backups extends Migration {
  override up(): void {
    for (const statements of [providers, copies]) this.addSql(statements);
  }
}

/*
 * A provider is configured while the running target says so: one that was not seen for a day is gone, also where nobody
 * could say goodbye. An event without a plan has the defaults; keep_days 0 is for ever.
 */
const providers = `
create table backup_providers (
  name text primary key,
  is_default boolean not null,
  seen_at timestamptz not null default now(),
  paused_until timestamptz,
  error_class text,
  error text
);
create table backup_plans (
  event_id uuid primary key,
  providers text[],
  keep_days integer check (keep_days >= 0)
);
create function backup_providers_of(the_event uuid) returns text[] language sql stable as $$
  select coalesce(array_agg(b.name order by b.name), '{}')
  from backup_providers b left join backup_plans p on p.event_id = the_event
  where b.seen_at > now() - interval '1 day' and case when p.providers is null then b.is_default else b.name = any(p.providers) end
$$;
create table backup_heads (
  event_id uuid not null,
  provider text not null,
  head_hash bytea not null,
  written_at timestamptz not null default now(),
  primary key (event_id, provider)
);
`;

// The address is written before the first try, so that whatever a crash left is found; sha256 is of the bytes that we sent.
const copies = `
create table backups (
  event_id uuid not null,
  photo_id uuid not null,
  version integer not null,
  provider text not null,
  state text not null default 'due' check (state in ('due', 'done', 'failed', 'removing', 'removed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  parked boolean not null default false,
  error_class text,
  error text,
  backup_url text,
  bytes bigint,
  sha256 text,
  holder uuid,
  held_until timestamptz,
  done_at timestamptz,
  checked_at timestamptz,
  primary key (event_id, photo_id, version, provider)
);
create index backups_parked on backups (provider) where parked;
create index backups_removing on backups (next_attempt_at) where state = 'removing';
create index backups_to_check on backups (provider, checked_at nulls first) where state = 'done';
create index photos_deleted on photos (event_id, photo_id) where state = 'deleted';
`;
