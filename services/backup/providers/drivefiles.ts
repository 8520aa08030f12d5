import * as z from 'zod';
import type { Call, DriveApi } from './driveapi.ts';
import { Refusal } from './driverefusal.ts';
import type { FarSide } from './provider.ts';

const path = '/drive/v3/files';
const uploadPath = '/upload/drive/v3/files';
const fields = 'id,size,md5Checksum,sha256Checksum,trashed,properties';
const json = { 'content-type': 'application/json; charset=UTF-8' };
const idsAtOnce = 50;
// Without it what lies in a shared drive is answered as missing.
const everywhere = { supportsAllDrives: 'true' };
// A domain may show new files to all of its people.
const unseen = { ...everywhere, ignoreDefaultVisibility: 'true' };
/** Is the type of folders. */
export const folderType = 'application/vnd.google-apps.folder';

/** Is what a file is asked for. */
export const DriveFile = z.object({
  id: z.string(),
  size: z.coerce.number().optional(),
  md5Checksum: z.string().optional(),
  sha256Checksum: z.string().optional(),
  trashed: z.boolean().optional(),
  properties: z.record(z.string(), z.string()).optional(),
});
export type DriveFile = z.infer<typeof DriveFile>;

const Page = z.object({
  nextPageToken: z.string().optional(),
  incompleteSearch: z.boolean().optional(),
  files: z.array(DriveFile),
});
const Ids = z.object({ ids: z.array(z.string()).min(1) });
const Root = z.object({ driveId: z.string().optional(), trashed: z.boolean().optional() });

/** Is what a file is made with. */
export interface Metadata {
  id: string;
  name: string;
  mimeType: string;
  parents: string[];
  description?: string | undefined;
  properties?: Record<string, string>;
}

/** Does with files what needs no bytes; what fails is thrown as a Refusal. */
export interface DriveFiles {
  /** Takes an id that no file has had; a file made with it is never made twice. */
  newId(signal: AbortSignal): Promise<string>;
  /** Asks for a file by its id, which is right at once after a change, as a search is not. */
  get(id: string, signal: AbortSignal): Promise<DriveFile | undefined>;
  search(terms: readonly string[], signal: AbortSignal): AsyncGenerator<DriveFile, void>;
  makeFolder(metadata: Metadata, signal: AbortSignal): Promise<void>;
  /** Begins to send a file: a new one, or other bytes for one that is there. Undefined when the id was used up. */
  begin(metadata: Metadata, size: number, replaces: boolean, signal: AbortSignal): Promise<string | undefined>;
  /** Moves a file into the trash, or out of it. */
  trash(id: string, trashed: boolean, signal: AbortSignal): Promise<void>;
  remove(id: string, signal: AbortSignal): Promise<void>;
  /** Reads a file's bytes from an offset; undefined when there are none. */
  media(id: string, from: number, signal: AbortSignal): Promise<Response | undefined>;
}

/** Opens the files below one folder. */
export function createDriveFiles(api: DriveApi, root: string): DriveFiles {
  const one = (id: string, query = {}) => api.url(`${path}/${encodeURIComponent(id)}`, { ...everywhere, ...query });
  const newId = createIds(api);
  let place: Promise<Record<string, string>> | undefined;
  function placeToSearch(): Promise<Record<string, string>> {
    place ??= askPlace(api, one(root, { fields: 'driveId,trashed' })).catch((error: unknown) => {
      place = undefined;
      throw error;
    });
    return place;
  }
  return {
    newId,
    async get(id, signal) {
      const call = { method: 'GET', url: one(id, { fields }), fine: [404] } as const;
      const answer = await api.ask(call, z.union([DriveFile, z.looseObject({ error: z.unknown() })]), signal);
      return 'error' in answer ? undefined : DriveFile.parse(answer);
    },
    async *search(terms, signal) {
      const q = [...terms, 'trashed = false'].join(' and ');
      const query = { ...(await placeToSearch()), q, orderBy: 'createdTime', pageSize: '1000' };
      let pageToken: string | undefined;
      do {
        const more = { fields: `nextPageToken,incompleteSearch,files(${fields})`, ...(pageToken && { pageToken }) };
        const page = await api.ask({ method: 'GET', url: api.url(path, { ...query, ...more }) }, Page, signal);
        if (page.incompleteSearch) throw new Refusal(503, 'incomplete_search');
        yield* page.files;
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
    },
    async makeFolder(metadata, signal) {
      const url = api.url(path, { ...unseen, fields: 'id' });
      await api.tell({ method: 'POST', url, headers: json, body: JSON.stringify(metadata), fine: [409] }, signal);
    },
    begin: (metadata, size, replaces, signal) => begin(api, metadata, size, replaces, signal),
    async trash(id, trashed, signal) {
      const url = one(id, { fields: 'id' });
      await api.tell({ method: 'PATCH', url, headers: json, body: JSON.stringify({ trashed }) }, signal);
    },
    async remove(id, signal) {
      await api.tell({ method: 'DELETE', url: one(id), fine: [404] }, signal);
    },
    async media(id, from, signal) {
      const headers = from === 0 ? undefined : { range: `bytes=${from}-` };
      const call: Call = { method: 'GET', url: one(id, { alt: 'media' }), fine: [404], ...(headers && { headers }) };
      const response = await api.once(call, signal);
      if (response.status !== 404) return response;
      await response.body?.cancel();
      return undefined;
    },
  };
}

/** Quotes a text for a search. */
export function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

async function begin(api: DriveApi, metadata: Metadata, size: number, replaces: boolean, signal: AbortSignal) {
  const { id, parents, ...changes } = metadata;
  const sent = replaces ? changes : { id, parents, ...changes };
  const query = { ...(replaces ? everywhere : unseen), uploadType: 'resumable', fields };
  const headers = {
    ...{ ...json, 'x-upload-content-type': metadata.mimeType, 'x-upload-content-length': `${size}` },
  };
  const url = api.url(replaces ? `${uploadPath}/${encodeURIComponent(id)}` : uploadPath, query);
  const call: Call = { method: replaces ? 'PATCH' : 'POST', url, headers, body: JSON.stringify(sent), fine: [409] };
  const response = await api.tell(call, signal);
  if (response.status === 409) return undefined;
  return response.headers.get('location') ?? refuse('session_missing');
}

// A shared drive is searched as a whole; what else was shared with the account is searched as its own.
async function askPlace(api: DriveApi, url: URL): Promise<Record<string, string>> {
  const signal = AbortSignal.timeout(60_000); // Many wait for it, so nobody's own signal ends it.
  const { driveId, trashed } = await api.ask({ method: 'GET', url }, Root, signal);
  if (trashed) throw new Refusal(404, 'root_trashed');
  const shared = { ...everywhere, includeItemsFromAllDrives: 'true' };
  return driveId === undefined ? shared : { ...shared, corpora: 'drive', driveId };
}

function createIds(api: DriveApi): (signal: AbortSignal) => Promise<string> {
  const spare: string[] = [];
  return async (signal) => {
    if (spare.length === 0) {
      const url = api.url(`${path}/generateIds`, { count: `${idsAtOnce}`, space: 'drive', type: 'files' });
      spare.push(...(await api.ask({ method: 'GET', url }, Ids, signal)).ids);
    }
    return spare.pop() ?? refuse('ids_missing');
  };
}

/** Reads what a file's answer says of its bytes. */
export function farSideOf(file: DriveFile): FarSide {
  return { size: file.size ?? 0, sums: { md5: file.md5Checksum, sha256: file.sha256Checksum } };
}

function refuse(reason: string): never {
  throw new Refusal(502, reason);
}
