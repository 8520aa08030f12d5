import { Migration } from '@mikro-orm/migrations';

/** Adds who is told of what: recipients, webhooks, push subscriptions, and the notifications that are owed to them. */
export class M0007Notifications extends Migration {
  override up(): void {
    for (const statements of [readers, owed, cursors]) this.addSql(statements);
  }
}

// A recipient is an account. Nothing but the question whether it is theirs goes to an address that is not confirmed.
const readers = `
create table recipients (
  recipient_id uuid primary key,
  account_id uuid not null unique references accounts on delete cascade,
  email text,
  asked_at timestamptz,
  confirmed_at timestamptz,
  language text not null default 'en' check (language in ('en', 'id')),
  zone text not null default 'UTC',
  quiet_from text check (quiet_from ~ '^\\d\\d:\\d\\d$'),
  quiet_to text check (quiet_to ~ '^\\d\\d:\\d\\d$'),
  digest_at text not null default '08:00' check (digest_at ~ '^\\d\\d:\\d\\d$'),
  muted text[] not null default '{}',
  created_at timestamptz not null default now(),
  check ((quiet_from is null) = (quiet_to is null))
);
create index recipients_to_ask on recipients (created_at) where email is not null and confirmed_at is null and asked_at is null;
create table webhooks (
  event_id uuid not null references events on delete cascade,
  webhook_id uuid not null,
  url text not null,
  types text[] not null,
  generation integer not null default 1,
  failures integer not null default 0,
  paused_until timestamptz not null default '-infinity',
  gone_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (event_id, webhook_id)
);
create table push_subscriptions (
  event_id uuid not null references events on delete cascade,
  subscription_id uuid not null,
  holder_id uuid not null,
  link_id uuid,
  link_generation integer,
  endpoint text not null,
  p256dh text not null,
  auth text not null,
  language text not null default 'en' check (language in ('en', 'id')),
  zone text not null default 'UTC',
  quiet_from text check (quiet_from ~ '^\\d\\d:\\d\\d$'),
  quiet_to text check (quiet_to ~ '^\\d\\d:\\d\\d$'),
  told_photos bigint not null,
  next_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (event_id, subscription_id),
  unique (event_id, endpoint)
);
create index push_subscriptions_next on push_subscriptions (next_at);
`;

/*
 * A notification's id is derived from what it tells of, and its content is written with it and never changed. One that asks
 * for the confirmation of an address belongs to no event. A gathering waits for more of its kind before it becomes one.
 */
const owed = `
create table notifications (
  notification_id uuid primary key,
  event_id uuid references events on delete cascade,
  kind text not null,
  channel text not null check (channel in ('email', 'webhook', 'push')),
  target_id uuid not null,
  content text not null,
  state text not null default 'due' check (state in ('due', 'sent', 'failed', 'dropped')),
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  give_up_at timestamptz not null,
  status integer,
  error_class text,
  error text,
  created_at timestamptz not null default now(),
  settled_at timestamptz
);
create index notifications_due on notifications (due_at) where state = 'due';
create index notifications_newest on notifications (event_id, created_at desc, notification_id desc);
create index notifications_of_target on notifications (target_id, created_at desc, notification_id desc);
create index notifications_settled on notifications (settled_at) where settled_at is not null;
create table gatherings (
  event_id uuid not null references events on delete cascade,
  kind text not null,
  recipient_id uuid not null references recipients on delete cascade,
  from_seq bigint not null,
  items text[] not null default '{}',
  due_at timestamptz not null,
  primary key (event_id, kind, recipient_id)
);
create index gatherings_due on gatherings (due_at);
`;

// What happened before there were notifications is told to nobody.
const cursors = `
create table notify_cursors (
  event_id uuid primary key,
  seq bigint not null,
  state text,
  photos bigint not null default 0
);
create table finished_jobs (
  event_id uuid not null references events on delete cascade,
  job_id uuid not null,
  status text not null,
  primary key (event_id, job_id, status)
);
insert into notify_cursors (event_id, seq, state) select h.event_id, h.head_seq, e.state from heads h join events e using (event_id);
`;
