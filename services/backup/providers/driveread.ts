import { Readable } from 'node:stream';
import type { DriveApi } from './driveapi.ts';
import type { DriveFiles } from './drivefiles.ts';
import { asDriveFault, Refusal } from './driverefusal.ts';

const mostBreaks = 5;

/** Reads a file, and goes on behind the last byte when the connection breaks; undefined when there is no file. */
export async function readFile(
  api: DriveApi,
  files: DriveFiles,
  id: string,
  signal: AbortSignal,
): Promise<Readable | undefined> {
  const open = (from: number) => api.again(() => files.media(id, from, signal), signal);
  const first = await open(0);
  return first && Readable.from(follow(first, open, signal), { objectMode: false });
}

async function* follow(
  first: Response,
  open: (from: number) => Promise<Response | undefined>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  let [response, at, breaks]: [Response, number, number] = [first, 0, 0];
  try {
    for (;;) {
      try {
        for await (const piece of response.body ?? []) {
          at += piece.byteLength;
          breaks = 0;
          yield piece;
        }
        return;
      } catch {
        signal.throwIfAborted();
        if (++breaks > mostBreaks) throw new Refusal(0, 'connection_lost');
      }
      response = await reopen(open, at);
    }
  } catch (error) {
    throw asDriveFault(error);
  }
}

async function reopen(open: (from: number) => Promise<Response | undefined>, at: number): Promise<Response> {
  const response = await open(at);
  if (response === undefined) throw new Refusal(404, 'gone_while_read');
  const goesOn = at === 0 || response.headers.get('content-range')?.startsWith(`bytes ${at}-`);
  if (!goesOn) throw new Refusal(404, 'range_ignored');
  return response;
}
