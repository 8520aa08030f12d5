import { expect, test } from 'vitest';
import { createSaving } from './saving.svelte.ts';

test('says saved once it is, and no more once something else is typed', async () => {
  const saving = createSaving();
  const { promise, resolve } = Promise.withResolvers<void>();
  const saved = saving.save(() => promise);
  const meanwhile = saving.state;
  resolve();
  await saved;
  const after = saving.state;
  saving.touch();
  expect([meanwhile, after, saving.state]).toEqual(['saving', 'saved', 'idle']);
});

test('says in words why it was not saved, and forgets it with the next try', async () => {
  const saving = createSaving();
  await saving.save(() => Promise.reject(new Error('Nobody answers.')));
  expect([saving.state, saving.failure]).toEqual(['idle', 'That did not work: Nobody answers.']);
  await saving.save(() => Promise.resolve());
  expect([saving.state, saving.failure]).toEqual(['saved', undefined]);
});
