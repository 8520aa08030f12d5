-- The role of Grafana's PostgreSQL data source: it reads what the dashboard of one event shows, and no name, address, token or text.
-- As a superuser or the owner of the tables, after every upgrade that adds to the dashboard:
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f reader.sql
--   psql "$DATABASE_URL" -c "alter role kilat_reader login password '…'"
do $$
begin
  if not exists (select from pg_roles where rolname = 'kilat_reader') then
    create role kilat_reader nologin;
  end if;
end $$;
alter role kilat_reader set default_transaction_read_only = on;
alter role kilat_reader set statement_timeout = '10s';
grant usage on schema public to kilat_reader;
-- An event's title is how a person finds it.
grant select (event_id, title, state, created_at) on events to kilat_reader;
grant select on heads, relay_cursors to kilat_reader;
grant select (event_id, photo_id, state, size, announced_at, first_byte_at, stored_at, verified_at, thumbnails_ready_at,
  backed_up_at, deleted_at) on photos to kilat_reader;
grant select (event_id, photo_id, stage, lane, state, generation, attempts, next_attempt_at, error_class, updated_at)
  on stages to kilat_reader;
grant select (event_id, photo_id, way, state, refusal, length, received, created_at, last_activity_at) on uploads to kilat_reader;
grant select (event_id, seq, type, recorded_at) on journal to kilat_reader;
grant select (notification_id, event_id, channel, kind, state, created_at, due_at, settled_at) on notifications to kilat_reader;
