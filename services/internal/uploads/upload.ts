import type { UploadMetadata } from '@kilat/contract';

/**
 * Names the states of an upload: in flight, stored, refused for good, lost and to be started over, ended by its client,
 * or expired. Only `open` changes, once.
 */
export type UploadState = 'open' | 'finished' | 'refused' | 'gone' | 'ended' | 'expired';

/** Names the ways in; all end in the same finish step. */
export type UploadWay = 'tus' | 'presigned' | 'batch';

/** Is one checked part of a multipart upload; numbers start at 1, sizes are bytes. */
export interface Part {
  part: number;
  etag: string;
  size: number;
}

/** Is what one cut request left of a part, in an object of its own. */
export interface Tail {
  part: number;
  generation: number;
  size: number;
}

/** Is what the first bytes say of a file; width and height are those of the upright picture in pixels. */
export interface Sniffed {
  contentType: string;
  width: number | undefined;
  height: number | undefined;
}

/** Is an upload as its row has it. `crc32` covers the first `received` bytes, which are all stored. */
export interface Upload {
  eventId: string;
  photoId: string;
  uploaderId: string | null;
  accountId: string | null;
  way: UploadWay;
  state: UploadState;
  refusal: string | null;
  length: number;
  received: number;
  metadata: UploadMetadata;
  multipartId: string | null;
  parts: Part[];
  tails: Tail[];
  sniffed: Sniffed | null;
  crc32: number;
  generation: number;
  firstByteAt: Date | null;
  expiresAt: Date;
}

/** Is what a writer has stored since the last commit. */
export type Progress = Pick<Upload, 'received' | 'multipartId' | 'parts' | 'tails' | 'sniffed' | 'crc32'>;
