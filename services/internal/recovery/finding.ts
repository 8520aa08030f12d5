/** Names what can be wrong with a photo, with an object that belongs to none, or with the journal itself. */
export type Problem =
  | 'object_missing'
  | 'size_differs'
  | 'sha256_differs'
  | 'crc32_differs'
  | 'entry_missing'
  | 'row_missing'
  | 'row_differs'
  | 'not_stored'
  | 'object_without_row'
  | 'journal_broken';

/** Is one thing that is not as it should be; `photo_id` is null where it is the journal. */
export interface Finding {
  photo_id: string | null;
  problem: Problem;
  detail: string;
}
