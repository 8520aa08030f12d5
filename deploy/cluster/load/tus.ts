import { type Desk, request, untilStored } from './desk.ts';
import type { Shot } from './photo.ts';

const tus = { 'tus-resumable': '1.0.0' };

/** Sends one photo as the studio's uploader does (tus, one PATCH, resumed where it was cut) until it is stored; answers its id. */
export async function sendByTus(desk: Desk, shot: Shot): Promise<string> {
  let url: string | undefined;
  return untilStored(desk, 'tus', async () => {
    const offset: number = url === undefined ? 0 : await offsetOf(desk, url);
    url ??= await create(desk, shot);
    if (offset < shot.bytes.length) await patch(desk, url, offset, shot);
    return url.split('/').at(-1) ?? '';
  });
}

async function create(desk: Desk, shot: Shot): Promise<string> {
  const said = { event_id: desk.eventId, filename: shot.name, filetype: 'image/jpeg', sha256: shot.sha256 };
  const metadata = Object.entries(said).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const sized = { 'upload-length': String(shot.bytes.length), 'upload-metadata': metadata.join(',') };
  const { headers } = await request(desk, '/files', { method: 'POST', headers: { ...tus, ...sized } });
  return new URL(headers.get('location') ?? '', desk.origin).pathname;
}

async function offsetOf(desk: Desk, url: string): Promise<number> {
  const { headers } = await request(desk, url, { method: 'HEAD', headers: tus });
  return Number(headers.get('upload-offset'));
}

async function patch(desk: Desk, url: string, offset: number, { bytes }: Shot): Promise<void> {
  const headers = { ...tus, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
  await request(desk, url, { method: 'PATCH', headers, body: new Uint8Array(bytes.subarray(offset)) });
}
