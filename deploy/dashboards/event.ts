import type { Board } from './board.ts';
import { rows } from './panel.ts';

const postgres = { type: 'grafana-postgresql-datasource', uid: '$datasource' };
const ofEvent = `event_id = '$event_id'`;

const eventVariable = {
  ...{ name: 'event_id', label: 'Event', type: 'query', datasource: postgres, refresh: 1, sort: 0 },
  query: 'select title as __text, event_id::text as __value from events order by created_at desc limit 500',
  multi: false,
};

/** Shows one event, read from PostgreSQL by a role that may read only what stands in reader.sql. */
export const eventBoard: Board = {
  uid: 'kilat-event',
  title: 'Kilat · One event',
  description: 'One event from its own tables. The data source needs the role of deploy/dashboards/reader.sql.',
  source: 'grafana-postgresql-datasource',
  variables: [eventVariable],
  refresh: '1m',
  from: 'now-12h',
  rows: [
    {
      title: 'Where it stands',
      panels: [
        rows('stat', 'State', `select state from events where ${ofEvent}`, { width: 4 }),
        rows('stat', 'Photos', `select photo_count as photos from heads where ${ofEvent}`, { width: 4 }),
        rows(
          'stat',
          'Bytes',
          `select coalesce(sum(size), 0)::float8 as bytes from photos where ${ofEvent} and state in ('stored', 'ready', 'failed')`,
          { width: 4, unit: 'bytes' },
        ),
        rows(
          'stat',
          'Not published yet',
          `select h.head_seq - coalesce(c.published_seq, 0) as entries from heads h
           left join relay_cursors c on c.event_id = h.event_id where h.${ofEvent}`,
          { width: 4, bad: 100 },
        ),
        rows(
          'table',
          'Photos by state',
          `select state, count(*) as photos from photos where ${ofEvent} group by state order by state`,
        ),
      ],
    },
    {
      title: 'Photos',
      panels: [
        rows(
          'timeseries',
          'Stored a minute',
          `select date_trunc('minute', stored_at) as time, count(*) as stored from photos
           where ${ofEvent} and $__timeFilter(stored_at) group by 1 order by 1`,
          { width: 12 },
        ),
        rows(
          'timeseries',
          'From first byte to rendered',
          `select date_trunc('minute', stored_at) as time,
             percentile_cont(0.5) within group (order by extract(epoch from thumbnails_ready_at - coalesce(first_byte_at, stored_at)))::float8 as p50,
             percentile_cont(0.95) within group (order by extract(epoch from thumbnails_ready_at - coalesce(first_byte_at, stored_at)))::float8 as p95
           from photos where ${ofEvent} and thumbnails_ready_at is not null and $__timeFilter(stored_at) group by 1 order by 1`,
          { width: 12, unit: 's' },
        ),
      ],
    },
    {
      title: 'Work and failures',
      panels: [
        rows(
          'table',
          'Stages',
          `select stage, lane, state, count(*) as photos, min(next_attempt_at) filter (where state = 'due') as next_attempt
           from stages where ${ofEvent} group by stage, lane, state order by stage, lane, state`,
        ),
        rows(
          'table',
          'Failures',
          `select stage, error_class as class, count(*) as photos, max(updated_at) as latest from stages
           where ${ofEvent} and state = 'failed' group by stage, error_class order by photos desc`,
        ),
        rows(
          'table',
          'Uploads',
          `select way, state, refusal, count(*) as uploads, coalesce(sum(received), 0)::float8 as bytes, max(last_activity_at) as latest
           from uploads where ${ofEvent} group by way, state, refusal order by state, uploads desc`,
        ),
      ],
    },
    {
      title: 'Safety and messages',
      panels: [
        rows(
          'table',
          'How safe',
          `select count(*) filter (where state in ('stored', 'ready', 'failed')) as stored, count(verified_at) as verified,
             count(backed_up_at) as backed_up from photos where ${ofEvent} and deleted_at is null`,
        ),
        rows(
          'table',
          'Notifications',
          `select channel, kind, state, count(*) as notifications, max(settled_at) as latest from notifications
           where ${ofEvent} group by channel, kind, state order by channel, kind, state`,
        ),
        rows(
          'table',
          'Latest entries of the journal',
          `select seq, type, recorded_at from journal where ${ofEvent} order by seq desc limit 50`,
        ),
      ],
    },
  ],
};
