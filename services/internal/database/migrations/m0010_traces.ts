import { Migration } from '@mikro-orm/migrations';

/**
 * Keeps beside each entry of the journal the trace that it belongs to, for whoever goes on with it. It is no part of the entry: its
 * hash does not know it, and what is published of an entry has it in its header.
 */
export class M0010Traces extends Migration {
  override up(): void {
    this.addSql('alter table journal add column traceparent text;');
    this.addSql(append);
  }
}

const append = `
create or replace function journal_append(the_event uuid, entries json) returns bigint language plpgsql as $$
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
    insert into journal (event_id, seq, type, photo_id, data, hash, recorded_at, traceparent)
      values (the_event, the_seq, entry ->> 'type', photo, body::json, the_hash, moment, entry ->> 'traceparent');
    if entry ->> 'type' = 'photo.stored' then
      update photos set stored_seq = the_seq where event_id = the_event and photo_id = photo;
    end if;
    counted := counted + coalesce((entry ->> 'count')::integer, 0);
  end loop;
  update heads set head_seq = the_seq, head_hash = the_hash, photo_count = photo_count + counted where event_id = the_event;
  return the_seq;
end $$;
`;
