import { type NotificationView, webhookTypes } from '@kilat/contract';
import { has, t } from '#lib/messages/t.ts';

/** Says what a notification is about; one of a later release by its name. */
export function wordsOf(kind: string): string {
  for (const key of [`entry.${kind}`, `told.${kind}`]) if (has(key)) return t(key);
  return kind;
}

/** Is what came of a message or of one of its tries, as far as it is known. */
export interface Came {
  status: number | null;
  error: string | null;
  result?: string;
  error_class?: NotificationView['error_class'];
}

/** Says why a receiver did not take a message, in the reader's words where the server's are known; '' where there is nothing. */
export function whyNot({ status, error, result, error_class }: Came, channel: NotificationView['channel']): string {
  if (error === null || channel === 'email') return error ?? '';
  if (status !== null) return t(status === 410 ? 'tries.gone' : 'tries.answered', { status });
  if (result === 'later' || error_class === 'network') return t('tries.unreached');
  return result === 'refused' || error_class === 'invalid' ? t('tries.blocked') : error;
}

/** Is a group of what a webhook can hear. */
export interface TypeGroup {
  noun: string;
  title: string;
  types: readonly string[];
}

// What programs ask for most comes first.
const order = ['photo', 'job', 'event', 'failure', 'backup', 'link', 'invite', 'member'];

/** Lists what a webhook can hear, noun by noun; what it hears of a later release is kept under the noun's own name. */
export function typeGroups(chosen: readonly string[]): TypeGroup[] {
  const all = [...new Set([...webhookTypes, ...chosen])];
  const nounOf = (type: string) => type.split('.', 1).join();
  const nouns = [...new Set([...order, ...all.map(nounOf)])];
  return nouns.map((noun) => {
    const key = `entry.group.${noun}`;
    return { noun, title: has(key) ? t(key) : noun, types: all.filter((type) => nounOf(type) === noun) };
  });
}
