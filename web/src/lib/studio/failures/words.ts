import type { FailureCount, FailureView } from '@kilat/contract';
import { t } from '#lib/messages/t.ts';
import { wordsFor } from '#lib/upload/refusal.ts';

/** Is a cause in plain words: what did not happen, why, and what helps. */
export interface CauseWords {
  title: string;
  why: string;
  help: string;
}

/** Says what a group of failures means for people. */
export function causeOf({ stage, class: failureClass }: Pick<FailureCount, 'stage' | 'class'>): CauseWords {
  const title = t(`failures.stage.${stage}`);
  if (stage === 'upload')
    return { title, why: t(`failures.upload.${uploadCause(failureClass)}`), help: t('failures.help.send') };
  const passes = failureClass !== 'invalid' && failureClass !== 'unknown';
  return {
    title,
    why: t(`failures.class.${failureClass}`),
    help: t(passes ? 'failures.help.passes' : 'failures.help.stays'),
  };
}

function uploadCause(failureClass: FailureCount['class']): 'invalid' | 'network' | 'server' {
  return failureClass === 'invalid' || failureClass === 'network' ? failureClass : 'server';
}

/** Says why one photo's work failed. */
export function reasonOf({ stage, code, error }: FailureView): string {
  if (stage === 'upload') return wordsFor(code ?? undefined, code ?? '');
  return error ?? '';
}
