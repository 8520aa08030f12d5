// What `helm test` runs, in the image of the targets: one photo goes all its way, from tus to a guest's rendition.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const { API_URL, UPLOAD_URL, LIVE_URL, MEDIA_URL } = process.env;
const deadline = AbortSignal.timeout(120_000);
const started = Date.now();

const photo = Buffer.from(
  '/9j/2wBDABQUFBQVFBcZGRcfIh4iHy4rJycrLkYyNjI2MkZqQk5CQk5Cal5yXVZdcl6phXZ2hanDpJukw+zT0+z/////////2wBDARQUFBQVFBcZGRcfIh4iHy4rJycrLkYyNjI2MkZqQk5CQk5Cal5yXVZdcl6phXZ2hanDpJukw+zT0+z/////////wgARCABAAGADASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAQACBP/EABcBAQEBAQAAAAAAAAAAAAAAAAMFBgT/2gAMAwEAAhADEAAAAODVqtxmrRPNoXlSeVF5Un4NWrOaNWhc1aJzVomNWhebRPwK2c1Ki9qSe1aJzVoXNWifgVsZmVJ5UnlRe1JPatE//8QAFBABAAAAAAAAAAAAAAAAAAAAYP/aAAgBAQABPwBB/8QAFREBAQAAAAAAAAAAAAAAAAAAAQD/2gAIAQIBAT8AZlmZmWZZmZmWZmZZlm//xAAWEQADAAAAAAAAAAAAAAAAAAAAAQL/2gAIAQMBAT8Alkslkslkslkslkslkslkslkslkslkslkslks/9k=',
  'base64',
);

function tell(what) {
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s  ${what}\n`);
}

/** Sends one request that must be answered with one of some statuses. */
async function send(url, statuses, init = {}) {
  const answer = await fetch(url, { ...init, signal: deadline });
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${init.method ?? 'GET'} ${url} answered ${answer.status}: ${await answer.text()}`);
}

const json = (method, body, cookie) => ({
  method,
  headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
  body: JSON.stringify(body),
});

const cookieOf = (answer) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');

async function signIn() {
  const { stdout } = await promisify(execFile)('kilat', ['owner-link']);
  const token = stdout.trim().split('#')[1];
  return cookieOf(await send(`${API_URL}/api/sign-in`, [200], json('POST', { token })));
}

async function openAsGuest(eventId, cookie) {
  const link = await send(`${API_URL}/api/events/${eventId}/links`, [201], json('POST', {}, cookie));
  const { path } = await link.json();
  const opened = await send(`${API_URL}/api/guest-sessions`, [200], json('POST', { token: path.split('/').at(-1) }));
  return cookieOf(opened);
}

/** Reads the guest's stream until an entry of a type came; gives it with the capability of the stream's greeting. */
async function watch(eventId, cookie) {
  const answer = await send(`${LIVE_URL}/live/events/${eventId}`, [200], { headers: { cookie } });
  const events = readEvents(answer.body);
  const { value: hello } = await events.next();
  return { capability: JSON.parse(hello.data).media.capability, events };
}

async function* readEvents(body) {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (field('data') !== undefined) yield { event: field('event'), data: field('data') };
    }
  }
}

async function until(events, type) {
  for await (const { event, data } of events) {
    if (event !== 'frame') continue;
    const entry = JSON.parse(data).entries.find((one) => one.type === type && one.photo);
    if (entry) return entry.photo;
  }
  throw new Error(`the stream ended before ${type} came`);
}

async function upload(eventId, cookie) {
  const said = {
    event_id: eventId,
    filename: 'helm-test.jpg',
    filetype: 'image/jpeg',
    sha256: createHash('sha256').update(photo).digest('hex'),
  };
  const metadata = Object.entries(said).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const tus = { 'tus-resumable': '1.0.0', cookie };
  const created = await send(`${UPLOAD_URL}/files`, [201], {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(photo.length), 'upload-metadata': metadata.join(',') },
  });
  const url = new URL(created.headers.get('location'), UPLOAD_URL);
  await send(`${UPLOAD_URL}${url.pathname}`, [204], {
    method: 'PATCH',
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: photo,
  });
}

const cookie = await signIn();
tell('signed in as the owner');
const created = await send(`${API_URL}/api/events`, [201], json('POST', { title: 'helm test' }, cookie));
const { event_id: eventId } = await created.json();
try {
  const guest = await openAsGuest(eventId, cookie);
  const { capability, events } = await watch(eventId, guest);
  tell('a guest watches the event');
  await upload(eventId, cookie);
  tell('the photo was sent by tus: 204');
  const { photo_id: photoId, version, renditions } = await until(events, 'photo.rendered');
  tell(`the guest saw photo.rendered: ${renditions.join(', ')}`);
  const path = `/media/${eventId}/${photoId}/${version}/small?c=${capability}`;
  const picture = await send(`${MEDIA_URL}${path}`, [200], { headers: { cookie: guest } });
  const bytes = Buffer.from(await picture.arrayBuffer());
  if (bytes.subarray(8, 12).toString() !== 'WEBP') throw new Error('the rendition is no WebP');
  tell(`the guest fetched its rendition: ${bytes.length} bytes`);
} finally {
  await send(`${API_URL}/api/events/${eventId}`, [200], json('PATCH', { state: 'archived' }, cookie));
}
process.exit(0);
