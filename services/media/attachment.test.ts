import { expect, test } from 'vitest';
import { attachmentOf } from './attachment.ts';

const cases = [
  { name: 'DSC_0001.JPG', want: `attachment; filename="DSC_0001.JPG"; filename*=UTF-8''DSC_0001.JPG` },
  { name: 'Götz "x".jpg', want: `attachment; filename="G_tz _x_.jpg"; filename*=UTF-8''G%C3%B6tz%20%22x%22.jpg` },
  {
    name: 'a\r\nSet-Cookie: b',
    want: `attachment; filename="a__Set-Cookie: b"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b`,
  },
];
test.each(cases)('names $name safely', ({ name, want }) => {
  expect(attachmentOf(name)).toBe(want);
});
