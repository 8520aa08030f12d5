import { Lane, type StageName } from './due.ts';

/** Names the JetStream streams: what happened, and what is due. */
export const streams = { journal: 'JOURNAL', work: 'WORK' } as const;

/** Names the core NATS subject that wakes the relay after a commit; it polls besides. */
export const wakeSubject = 'relay.wake';

/** Composes the core NATS subject of a job's progress hints; what is lost there is lost. */
export function progressSubject(eventId: string, jobId: string): string {
  return `progress.${eventId}.${jobId}`;
}

/** Composes the subject of a journal entry: `journal.<event_id>.<noun>.<verb>`. */
export function journalSubject(eventId: string, type: string): string {
  return `journal.${eventId}.${type}`;
}

/** Composes the subject of due work: `work.<stage>.<lane>.<event_id>`. */
export function workSubject(stage: StageName, lane: Lane, eventId: string): string {
  return `work.${stage}.${lane}.${eventId}`;
}

/** Names the durable consumer of one stage and lane; autoscalers read the lag of exactly these. */
export function durableName(stage: StageName, lane: Lane): string {
  return `${stage}-${lane}`;
}

/** Lists the stages that a target works on today: a durable that nobody reads would hold its stream's lag for ever. */
export const workedStages: readonly StageName[] = ['thumbnail', 'backup'];

/** Is the durable consumer of one stage and lane, with its name. */
export interface WorkDurable {
  stage: StageName;
  lane: Lane;
  name: string;
}

/** Lists all durable consumers of stream WORK: what the bus declares, the relay watches and autoscalers read. */
export const workDurables: readonly WorkDurable[] = workedStages.flatMap((stage) =>
  Lane.options.map((lane) => ({ stage, lane, name: durableName(stage, lane) })),
);
