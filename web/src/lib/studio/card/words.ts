import type { CardFrame, CardReport, JobView } from '@kilat/contract';
import { has, t } from '#lib/messages/t.ts';
import { wordsFor } from '#lib/upload/refusal.ts';
import type { IconName } from '../Icon.svelte';
import { isOpen } from './jobs.svelte.ts';
import { standingOf } from './standing.ts';

/** Is how a state is shown: a colour, an icon and a word together. */
export interface Mark {
  mood: 'good' | 'warn' | 'bad' | 'soft';
  icon: IconName;
  label: string;
}

const ofJob: Record<JobView['status'], Omit<Mark, 'label'>> = {
  QUEUED: { mood: 'soft', icon: 'clock' },
  UPLOADING: { mood: 'soft', icon: 'up' },
  PROCESSING: { mood: 'soft', icon: 'clock' },
  COMPLETED: { mood: 'good', icon: 'check' },
  FAILED: { mood: 'bad', icon: 'alert' },
};
const ofFrame: Record<CardFrame['state'], Omit<Mark, 'label'>> = {
  missing: { mood: 'bad', icon: 'missing' },
  announced: { mood: 'warn', icon: 'clock' },
  stored: { mood: 'warn', icon: 'check' },
  verified: { mood: 'good', icon: 'check' },
  backed_up: { mood: 'good', icon: 'copies' },
  failed: { mood: 'bad', icon: 'alert' },
};

/** Shows how far a job is. */
export function markOf({ status }: JobView): Mark {
  return { ...ofJob[status], label: t(`cards.status.${status}`) };
}

/** Shows how sure a file is. */
export function markOfFrame({ state }: CardFrame): Mark {
  return { ...ofFrame[state], label: t(`card.state.${state}`) };
}

/** Says why a file is not sure; undefined when there is nothing to say. */
export function reasonOf({ reason }: CardFrame): string | undefined {
  if (reason === null) return undefined;
  const key = `card.reason.${reason}`;
  return has(key) ? t(key) : wordsFor(reason, reason);
}

/** Is a verdict in plain words. */
export interface VerdictWords {
  mood: 'good' | 'warn' | 'bad';
  icon: IconName;
  title: string;
  text: string;
  /** Is false while it may change by itself at any moment. */
  settled: boolean;
}

/** Says whether a card may be formatted, why, and what to do next. */
export function verdictWords(report: CardReport): VerdictWords {
  const { total, backedUp } = standingOf(report);
  if (report.verdict === 'safe_to_format')
    return settled('good', 'shield', t('verdict.safe'), t('verdict.safe.text', { total }));
  if (report.verdict === 'incomplete') return notYet(report);
  const text = report.backup_configured
    ? t('verdict.backing.text', { total, backedUp })
    : t('verdict.unbacked.text', { total });
  return settled('warn', 'copies', t('verdict.unbacked'), text);
}

function notYet(report: CardReport): VerdictWords {
  const { missing, unannounced, unverified } = standingOf(report);
  const gone = missing.length + unannounced;
  if (gone > 0 && isOpen(report.job) && missing.every(({ state }) => state === 'announced'))
    return moving('up', t('verdict.coming', { count: gone }), t('verdict.coming.text'));
  if (gone > 0) return settled('bad', 'alert', t('verdict.missing', { count: gone }), t('verdict.missing.text'));
  const unsure = unverified.filter(({ reason }) => reason !== null).length;
  if (unsure > 0) return settled('bad', 'alert', t('verdict.unsure', { count: unsure }), t('verdict.unsure.text'));
  return moving('clock', t('verdict.verifying', { count: unverified.length }), t('verdict.verifying.text'));
}

function settled(mood: VerdictWords['mood'], icon: IconName, title: string, text: string): VerdictWords {
  return { mood, icon, title, text, settled: true };
}

function moving(icon: IconName, title: string, text: string): VerdictWords {
  return { mood: 'warn', icon, title, text, settled: false };
}
