import type { CardFrame, CardReport } from '@kilat/contract';
import { expect, test } from 'vitest';
import { standingOf } from './standing.ts';
import { verdictWords } from './words.ts';

const [safe, notBackedUp, incomplete] = ['safe_to_format', 'not_backed_up', 'incomplete'] as const;

function report(verdict: CardReport['verdict'], states: CardFrame['state'][], total = states.length): CardReport {
  const frames = states.map((state, position) => ({ state, position, name: `DSC_${position}.JPG`, reason: null }));
  return { verdict, backup_configured: false, frames, job: { total, status: 'COMPLETED' } } as unknown as CardReport;
}

test('counts each step with the ones after it, and what is missing worst first', () => {
  const standing = standingOf(
    report(incomplete, ['announced', 'backed_up', 'verified', 'failed', 'stored', 'missing'], 8),
  );
  expect(standing).toMatchObject({ total: 8, stored: 3, verified: 2, backedUp: 1, unannounced: 2 });
  expect(standing.missing.map(({ state }) => state)).toEqual(['failed', 'missing', 'announced']);
});

const cases: { name: string; card: CardReport; want: RegExp; mood: string }[] = [
  { name: 'may be formatted', card: report(safe, ['backed_up', 'backed_up']), want: /^Safe to format/, mood: 'good' },
  { name: 'has no backup', card: report(notBackedUp, ['verified']), want: /do not format/, mood: 'warn' },
  { name: 'lacks files', card: report(incomplete, ['failed', 'announced', 'verified']), want: /2 files/, mood: 'bad' },
  { name: 'lacks what was never announced', card: report(incomplete, ['verified'], 2), want: /1 file is/, mood: 'bad' },
  { name: 'is being verified', card: report(incomplete, ['stored', 'verified']), want: /being verified/, mood: 'warn' },
];
test.each(cases)('says in plain words that a card $name', ({ card, want, mood }) => {
  const words = verdictWords(card);
  expect(words.title).toMatch(want);
  expect(words.mood).toBe(mood);
});
