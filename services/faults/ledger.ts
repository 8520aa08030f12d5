import pg from 'pg';

/** Is a photo as the database has it. */
export interface PhotoFacts {
  photoId: string;
  state: string;
  storedSeq: number | null;
  sha256: string | null;
}

/** Reads what an install has committed; asks again while its database is away. */
export interface Ledger extends AsyncDisposable {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Reads some photos of an event. */
  photos(eventId: string, photoIds: readonly string[]): Promise<PhotoFacts[]>;
  /** Lists effects that happened more than once: a stage's, or the storing itself. */
  doubled(eventId: string): Promise<string[]>;
  /** Lists photos that are stored and neither ready nor failed. */
  unsettled(eventId: string): Promise<string[]>;
  /** Lists photos that were stored, whatever became of them. */
  stored(eventId: string): Promise<string[]>;
  /** Reads the time from stored to ready that 95 of 100 photos kept, in milliseconds. */
  readyP95Ms(eventId: string): Promise<number>;
  /** Reads where the journal stands, and whether its seqs are dense. */
  head(eventId: string): Promise<{ seq: number; entries: number }>;
}

const patienceMs = 120_000;

/** Opens an install's database. */
export function openLedger(url: string): Ledger {
  const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 5_000 });
  pool.on('error', () => {});
  async function query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      try {
        return (await pool.query(sql, [...params])).rows as Row[];
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }
  return {
    query,
    photos: (eventId, photoIds) =>
      query<PhotoFacts>(
        `select photo_id as "photoId", state, stored_seq::int as "storedSeq", sha256 from photos
         where event_id = $1 and photo_id = any($2::uuid[])`,
        [eventId, photoIds],
      ),
    async doubled(eventId) {
      const rows = await query<{ what: string }>(
        `select photo_id || ' ' || type as what from journal
         where event_id = $1 and type in ('photo.stored', 'photo.previewed', 'photo.verified', 'photo.rendered', 'photo.failed')
         group by photo_id, type having count(*) > 1`,
        [eventId],
      );
      return rows.map(({ what }) => what);
    },
    async unsettled(eventId) {
      const rows = await query<{ photoId: string }>(
        `select photo_id as "photoId" from photos where event_id = $1 and state = 'stored'`,
        [eventId],
      );
      return rows.map(({ photoId }) => photoId);
    },
    async stored(eventId) {
      const sql = 'select photo_id as "photoId" from photos where event_id = $1 and stored_at is not null';
      return (await query<{ photoId: string }>(sql, [eventId])).map(({ photoId }) => photoId);
    },
    async readyP95Ms(eventId) {
      const [row] = await query<{ ms: number | null }>(
        `select round(1000 * percentile_cont(0.95) within group (order by extract(epoch from thumbnails_ready_at - stored_at)))::int as ms
         from photos where event_id = $1 and state = 'ready'`,
        [eventId],
      );
      return row?.ms ?? 0;
    },
    async head(eventId) {
      const [row] = await query<{ seq: number; entries: number }>(
        `select h.head_seq::int as seq, (select count(*)::int from journal j where j.event_id = h.event_id) as entries
         from heads h where h.event_id = $1`,
        [eventId],
      );
      return row ?? { seq: 0, entries: 0 };
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
