import type { Entry, MailKind } from '@kilat/contract';

/** Is what a run of an event's entries gives cause for. */
export interface Triggers {
  kinds: Set<MailKind>;
  /** Lists photos that settled: the jobs of theirs may have ended. */
  settled: Set<string>;
  announced: Set<string>;
  stored: number;
  /** Is the event's state after the entries, where they tell it. */
  state: string | null;
}

/** Reads entries, in order, after which an event was in a state; null while it is not known. */
export function readTriggers(entries: readonly Entry[], state: string | null): Triggers {
  const triggers: Triggers = { kinds: new Set(), settled: new Set(), announced: new Set(), stored: 0, state };
  for (const entry of entries) note(triggers, entry);
  return triggers;
}

function note(triggers: Triggers, { type, photo_id, data }: Entry): void {
  switch (type) {
    case 'event.changed':
      noteState(triggers, typeof data.state === 'string' ? data.state : triggers.state);
      return;
    case 'job.announced':
      if (typeof data.job_id === 'string') triggers.announced.add(data.job_id);
      return;
    case 'photo.stored':
      triggers.stored += 1;
      triggers.kinds.add('daily_digest');
      return;
    case 'photo.rendered':
    case 'photo.failed':
      if (photo_id !== null) triggers.settled.add(photo_id);
      if (type === 'photo.failed') triggers.kinds.add('failures_waiting');
  }
}

// Every change of an event says its state: only the way into it is news.
function noteState(triggers: Triggers, state: string | null): void {
  if (state === 'closed' && triggers.state !== 'closed') triggers.kinds.add('gallery_ready').add('backlog');
  triggers.state = state;
}
