import { Migration } from '@mikro-orm/migrations';

/** Creates the tables of the main job: who, events, photos, the journal, stages and uploads. */
export class M0001Initial extends Migration {
  override up(): void {
    for (const statements of [people, events, photos, journal, journalAppend, work]) this.addSql(statements);
  }
}

const people = `
create table installation (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into installation default values;
create table accounts (
  account_id uuid primary key,
  name text not null,
  role text not null check (role in ('owner', 'member')),
  created_at timestamptz not null default now()
);
create table sign_in_links (
  token_hash bytea primary key,
  account_id uuid not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create table sessions (
  token_hash bytea primary key,
  account_id uuid references accounts on delete cascade,
  event_id uuid,
  link_id uuid,
  link_generation integer,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (num_nonnulls(account_id, link_id) = 1),
  check ((link_id is null) = (event_id is null))
);
create index sessions_expiry on sessions (expires_at);
`;

const events = `
create table events (
  event_id uuid primary key,
  title text not null,
  starts_on date,
  place text,
  state text not null default 'draft' check (state in ('draft', 'live', 'closed', 'archived')),
  created_by uuid references accounts on delete set null,
  created_at timestamptz not null default now()
);
create table memberships (
  event_id uuid not null references events on delete cascade,
  account_id uuid not null references accounts on delete cascade,
  role text not null check (role in ('owner', 'editor', 'photographer', 'moderator', 'client')),
  created_at timestamptz not null default now(),
  primary key (event_id, account_id)
);
create index memberships_of_account on memberships (account_id, event_id);
create table links (
  event_id uuid not null references events on delete cascade,
  link_id uuid not null,
  kind text not null check (kind in ('guest')),
  generation integer not null default 1,
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (event_id, link_id)
);
`;

const photos = `
create table photos (
  event_id uuid not null,
  photo_id uuid not null,
  state text not null default 'announced' check (state in ('announced', 'stored', 'ready', 'failed', 'deleted')),
  stored_seq bigint,
  job_id uuid,
  account_id uuid,
  file_name text not null,
  content_type text,
  caption text,
  uploader_name text,
  album_id uuid,
  pair_id uuid,
  size bigint not null check (size > 0),
  sha256 text,
  crc32 bigint,
  width integer,
  height integer,
  thumbhash text,
  version integer not null default 0,
  original_version integer not null default 1,
  renditions text[] not null default '{}',
  taken_at timestamptz,
  last_modified timestamptz,
  processing_error json,
  is_homepage boolean not null default false,
  is_archived boolean not null default false,
  announced_at timestamptz not null default now(),
  first_byte_at timestamptz,
  stored_at timestamptz,
  verified_at timestamptz,
  backed_up_at timestamptz,
  thumbnails_ready_at timestamptz,
  approved_at timestamptz,
  hidden_at timestamptz,
  deleted_at timestamptz,
  primary key (event_id, photo_id)
) partition by hash (event_id);
create index photos_by_stored_seq on photos (event_id, stored_seq desc);
${partitions('photos')}
`;

const journal = `
create table heads (
  event_id uuid primary key,
  head_seq bigint not null default 0,
  head_hash bytea not null,
  photo_count integer not null default 0
);
create table journal (
  event_id uuid not null,
  seq bigint not null,
  type text not null,
  photo_id uuid,
  data json not null,
  hash bytea not null,
  recorded_at timestamptz not null,
  primary key (event_id, seq)
) partition by hash (event_id);
${partitions('journal')}
create table relay_cursors (
  event_id uuid primary key,
  published_seq bigint not null,
  updated_at timestamptz not null default now()
);
create function journal_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger journal_append_only before update on journal for each row execute function journal_refuse();
`;

/*
 * The chain: hash(n) = sha256(hash(n-1) || "seq\ntype\nphoto_id or -\nmicroseconds since 1970\ndata"), where data is the
 * exact text given by the writer (type json keeps it) and hash(0) = sha256 of the event id's text.
 */
const journalAppend = `
create function journal_append(the_event uuid, entries json) returns bigint language plpgsql as $$
declare
  entry json;
  photo uuid;
  body text;
  the_seq bigint;
  the_hash bytea;
  counted integer := 0;
  moment timestamptz := clock_timestamp();
begin
  select head_seq, head_hash into the_seq, the_hash from heads where event_id = the_event for update;
  if not found then
    raise exception 'no head of event %', the_event using errcode = 'no_data_found';
  end if;
  for entry in select json_array_elements(entries) loop
    the_seq := the_seq + 1;
    photo := (entry ->> 'photo_id')::uuid;
    body := coalesce((entry -> 'data')::text, '{}');
    the_hash := sha256(the_hash || convert_to(concat_ws(E'\\n',
      the_seq, entry ->> 'type', coalesce(photo::text, '-'), (extract(epoch from moment) * 1000000)::bigint, body), 'UTF8'));
    insert into journal (event_id, seq, type, photo_id, data, hash, recorded_at)
      values (the_event, the_seq, entry ->> 'type', photo, body::json, the_hash, moment);
    if entry ->> 'type' = 'photo.stored' then
      update photos set stored_seq = the_seq where event_id = the_event and photo_id = photo;
    end if;
    counted := counted + coalesce((entry ->> 'count')::integer, 0);
  end loop;
  update heads set head_seq = the_seq, head_hash = the_hash, photo_count = photo_count + counted where event_id = the_event;
  return the_seq;
end $$;
`;

const work = `
create table stages (
  event_id uuid not null,
  photo_id uuid not null,
  stage text not null check (stage in ('thumbnail', 'backup', 'embed')),
  state text not null default 'due' check (state in ('due', 'queued', 'done', 'failed')),
  generation integer not null default 1,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lane text not null default 'live' check (lane in ('live', 'bulk')),
  error_class text,
  error text,
  work_seq bigint,
  work_stream text,
  updated_at timestamptz not null default now(),
  primary key (event_id, photo_id, stage)
);
create index stages_due on stages (next_attempt_at) where state = 'due';
create index stages_queued on stages (stage, lane, work_seq) where state = 'queued';
create table uploads (
  event_id uuid not null,
  photo_id uuid not null,
  account_id uuid,
  state text not null default 'open' check (state in ('open', 'finished', 'refused', 'gone')),
  refusal text,
  length bigint not null check (length > 0),
  received bigint not null default 0,
  metadata json not null,
  multipart_id text,
  parts json not null default '[]',
  tails json not null default '[]',
  sniffed json,
  crc32 bigint not null default 0,
  holder uuid,
  wanted boolean not null default false,
  generation integer not null default 0,
  lease_until timestamptz,
  first_byte_at timestamptz,
  created_at timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  primary key (event_id, photo_id)
);
create index uploads_open on uploads (last_activity_at) where state = 'open';
`;

function partitions(table: string): string {
  const count = 16;
  const one = (n: number) =>
    `create table ${table}_p${n} partition of ${table} for values with (modulus ${count}, remainder ${n});`;
  return Array.from({ length: count }, (_, n) => one(n)).join('\n');
}
