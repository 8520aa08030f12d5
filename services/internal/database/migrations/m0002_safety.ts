import { Migration } from '@mikro-orm/migrations';

/** Adds what makes the promise provable: uploaders, invites, quotas, jobs, expiry, presigned uploads, quarantine. */
export class M0002Safety extends Migration {
  override up(): void {
    for (const statements of [uploaders, invites, quotas, jobs, uploads, quarantine]) this.addSql(statements);
  }
}

// A guest who uploads is known by the session, as an account is by its id.
const uploaders = `
alter table sessions add column session_id uuid not null default gen_random_uuid();
alter table links add column may_upload boolean not null default false;
alter table photos add column uploader_id uuid;
`;

const invites = `
create table invites (
  event_id uuid not null references events on delete cascade,
  invite_id uuid not null,
  role text not null check (role in ('editor', 'photographer', 'moderator')),
  name text,
  generation integer not null default 1,
  token_hash bytea not null unique,
  created_by uuid references accounts on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by uuid references accounts on delete set null,
  revoked_at timestamptz,
  primary key (event_id, invite_id)
);
`;

/*
 * A limit of null is none. Usage counts what is reserved and what is settled alike; day '-infinity' counts in all.
 * A subject is an event, an account, or a guest's session.
 */
const quotas = `
create table quota_limits (
  subject_id uuid not null,
  period text not null check (period in ('day', 'total')),
  photos bigint check (photos >= 0),
  bytes bigint check (bytes >= 0),
  primary key (subject_id, period)
);
create table quota_usage (
  subject_id uuid not null,
  day date not null,
  photos bigint not null default 0,
  bytes bigint not null default 0,
  primary key (subject_id, day)
);
`;

const jobs = `
create table jobs (
  event_id uuid not null,
  job_id uuid not null,
  account_id uuid,
  uploader_id uuid not null,
  uploader_name text,
  total integer not null check (total > 0),
  created_at timestamptz not null default now(),
  primary key (event_id, job_id)
);
create index jobs_newest on jobs (event_id, created_at desc);
create table job_files (
  event_id uuid not null,
  job_id uuid not null,
  position integer not null,
  photo_id uuid not null,
  duplicate boolean not null default false,
  file_name text not null,
  size bigint not null,
  content_type text,
  last_modified timestamptz,
  sha256 text,
  primary key (event_id, job_id, position)
);
create index job_files_of_photo on job_files (event_id, photo_id);
create index photos_by_sha256 on photos (event_id, sha256) where sha256 is not null;
`;

const uploads = `
alter table uploads drop constraint uploads_state_check;
alter table uploads add constraint uploads_state_check check (state in ('open', 'finished', 'refused', 'gone', 'ended', 'expired'));
alter table uploads add column uploader_id uuid;
alter table uploads add column way text not null default 'tus' check (way in ('tus', 'presigned', 'batch'));
alter table uploads add column swept_at timestamptz;
alter table uploads add column reserved_on date not null default (now() at time zone 'utc')::date;
alter table uploads add column expires_at timestamptz not null default now() + interval '48 hours';
update uploads set uploader_id = account_id;
create index uploads_open_of_uploader on uploads (uploader_id) where state = 'open';
create index uploads_held on uploads (uploader_id) where holder is not null;
create index uploads_expiring on uploads (expires_at) where state = 'open';
`;

const quarantine = `
create table quarantine (
  key text primary key,
  size bigint not null,
  found_at timestamptz not null default now(),
  object_at timestamptz,
  reason text not null
);
create table verifications (
  event_id uuid primary key,
  verified_to uuid,
  photos integer not null default 0,
  findings jsonb not null default '[]',
  started_at timestamptz not null default now()
);
`;
