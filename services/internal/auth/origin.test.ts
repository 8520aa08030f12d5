import { expect, test } from 'vitest';
import { checkOrigin } from './origin.ts';

const ours = ['https://photos.example'];
const cases = [
  { name: 'a page of ours', method: 'POST', headers: { 'sec-fetch-site': 'same-origin' }, passes: true },
  { name: 'a script without a browser', method: 'PATCH', headers: {}, passes: true },
  {
    name: 'a page over plain http that names our origin',
    method: 'POST',
    headers: { origin: 'https://photos.example' },
    passes: true,
  },
  { name: 'another site reading', method: 'GET', headers: { 'sec-fetch-site': 'cross-site' }, passes: true },
  {
    name: 'another site writing',
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    passes: false,
  },
  { name: "a sibling site's upload", method: 'PATCH', headers: { 'sec-fetch-site': 'same-site' }, passes: false },
  { name: 'an opaque origin', method: 'POST', headers: { origin: 'null' }, passes: false },
];
test.each(cases)('lets through $name: $passes', ({ method, headers, passes }) => {
  const check = () => checkOrigin({ method, headers }, ours);
  if (passes) expect(check).not.toThrow();
  else expect(check).toThrow(/another site/);
});
