import { Migration } from '@mikro-orm/migrations';

/** Keeps what a photo's file tells of it and what was measured in its picture; lets an event offer web originals. */
export class M0004Renditions extends Migration {
  override up(): void {
    this.addSql(facts);
  }
}

// taken_offset_minutes is null where nobody knows the camera's zone; phash is 64 bits, compared by the count of differing ones.
const facts = `
alter table photos
  add column taken_offset_minutes smallint,
  add column camera_make text,
  add column camera_model text,
  add column camera_serial text,
  add column lens text,
  add column exposure_seconds double precision,
  add column f_number real,
  add column iso integer,
  add column focal_length_mm real,
  add column latitude double precision,
  add column longitude double precision,
  add column phash bigint,
  add column sharpness real,
  add column clipped_share real,
  add column damaged boolean not null default false,
  add column compression_stats json;
create index photos_by_pair on photos (event_id, pair_id) where pair_id is not null;
alter table events add column web_originals boolean not null default false;
`;
