import { defaultMaxBytes, type JobFile } from '@kilat/contract';
import { span } from '#lib/messages/format.ts';
import { t } from '#lib/messages/t.ts';

/**
 * Is one file on its way; `sent` counts bytes. `stored` is said only after the server said so; `here` is a file that the
 * event has already, verified.
 */
export interface Item {
  readonly id: string;
  readonly file: File;
  readonly name: string;
  readonly size: number;
  sent: number;
  state: 'checking' | 'waiting' | 'uploading' | 'paused' | 'stored' | 'here' | 'failed';
  /** Says in words why it failed, or what a waiting file waits for. */
  note?: string | undefined;
  sha256?: string | undefined;
  jobId?: string | undefined;
  photoId?: string | undefined;
  how?: 'tus' | 'presigned' | undefined;
}

/** Tells whether nothing more will happen to a file by itself. */
export function hasEnded({ state }: Item): boolean {
  return state === 'stored' || state === 'here' || state === 'failed';
}

/** Tells whether the event has a file, by this upload or by an earlier one. */
export function isKept({ state }: Item): boolean {
  return state === 'stored' || state === 'here';
}

/** Tells by an answer's status whether the server has ended an upload: announced again, the file gets a new one. */
export function isOver(status: number | undefined): boolean {
  return status === 404 || status === 410;
}

/** Reads a byte of a file; throws when it is no longer where it was when it was dropped. */
export async function touch(file: Blob): Promise<void> {
  await file.slice(0, 1).arrayBuffer();
}

/** Refuses what no server needs to be asked about. */
export function refuseAtOnce(item: Item, fail: (item: Item, code: string, detail: string) => void): void {
  if (item.size === 0) fail(item, 'empty_file', '');
  else if (item.size > defaultMaxBytes) fail(item, 'file_too_large', '');
}

/** Describes a file as a manifest has it. */
export function manifestOf({ file, sha256 }: Item): JobFile {
  return {
    name: file.name,
    size: file.size,
    last_modified: file.lastModified,
    ...(file.type !== '' && { type: file.type }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/** Says in words what a file waits for. */
export function waitingFor(status: number | undefined, seconds: number): string {
  return t(status === undefined ? 'upload.wait.network' : 'upload.wait.server', { time: span(seconds) });
}

/** Gives the code that a status stands for: a HEAD has no body to carry one. */
export function codeOfStatus(status: number | undefined): string | undefined {
  return status === 415 ? 'not_a_photo' : status === 410 ? 'upload_gone' : undefined;
}
