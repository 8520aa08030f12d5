import { FailurePage, FailuresSettled, maxFailurePhotos } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { environmentOf, failPhoto, openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { main } from './main.ts';

let event: TestEvent;
let target: TestTarget;
let url: string;
beforeAll(async () => {
  event = await openTestEvent();
  const port = await freePort();
  target = await startTarget(main, {
    ...(await environmentOf(event)),
    API_LISTEN: `127.0.0.1:${port}`,
  });
  url = `http://127.0.0.1:${port}/api/events/${event.eventId}/failures`;
});
afterAll(async () => {
  await target.stop();
  await event[Symbol.asyncDispose]();
});

function ask(path: string, who: 'owner' | 'photographer', body?: object): Promise<Response> {
  const headers = { cookie: event.cookies[who], ...(body && { 'content-type': 'application/json' }) };
  return fetch(url + path, { method: body ? 'POST' : 'GET', headers, body: body ? JSON.stringify(body) : null });
}

async function failed(): Promise<string> {
  const photoId = await event.addPhoto();
  await failPhoto(event.journal, event.eventId, photoId);
  return photoId;
}

test('a team pages through what failed, tries one again and sets another aside', async () => {
  const [first, second] = [await failed(), await failed()];
  const page = FailurePage.parse(await (await ask('?limit=1', 'photographer')).json());
  expect(page).toMatchObject({ failures: [{ photo_id: second }], discarded: 0, may_retry: true, may_discard: false });
  expect(page.counts).toEqual([{ stage: 'thumbnail', class: 'unknown', count: 2 }]);
  const next = FailurePage.parse(await (await ask(`?limit=1&before=${page.before}`, 'owner')).json());
  expect(next).toMatchObject({ failures: [{ photo_id: first }], before: null, may_discard: true });

  const retried = await ask('/retry', 'photographer', { photo_ids: [first] });
  expect([retried.status, FailuresSettled.parse(await retried.json())]).toMatchObject([202, { count: 1, more: false }]);
  const aside = await ask('/discard', 'owner', { all: true, reason: 'not_needed' });
  expect([aside.status, FailuresSettled.parse(await aside.json())]).toMatchObject([200, { count: 1, more: false }]);
  const left = FailurePage.parse(await (await ask('', 'owner')).json());
  expect(left).toMatchObject({ failures: [], counts: [], discarded: 1 });
});

const photoId = '01890000-0000-7000-8000-000000000001';
const refused: { name: string; path: string; body?: object }[] = [
  { name: 'a place that is none', path: '?before=yesterday' },
  { name: 'a page of more than 200', path: '?limit=201' },
  { name: 'a class that is unknown', path: '?class=bad_luck' },
  { name: 'a retry that names nothing', path: '/retry', body: {} },
  { name: 'a retry of none', path: '/retry', body: { photo_ids: [] } },
  { name: 'a retry of some and all', path: '/retry', body: { photo_ids: [photoId], all: true } },
  { name: 'a retry of too many', path: '/retry', body: { photo_ids: Array(maxFailurePhotos + 1).fill(photoId) } },
  { name: 'a retry of another stage than there is', path: '/retry', body: { all: true, stage: 'dessert' } },
  { name: 'a reason in free text', path: '/discard', body: { all: true, reason: 'Bram blinked' } },
];
test.each(refused)('$name is refused', async ({ path, body }) => {
  const answer = await ask(path, 'owner', body);
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid' }]);
});
