import { CardReport, Counts, formatCursor, Hello, JobView, ProgressHints } from '@kilat/contract';
import { untrack } from 'svelte';
import { call } from '#lib/api/client.ts';
import { openStream } from '#lib/live/stream.ts';
import type { StudioEvent } from '../event.svelte.ts';

// A report of 5,000 files is megabytes: the larger it is, the less often it is read.
const leastMs = 1_000;
const msPerFile = 4;

/** Follows one card while its page is open: what is told of the job at once, the whole report soon after anything happened. */
export function followCard(studio: StudioEvent, initial: CardReport) {
  const { eventId, gallery } = studio;
  const jobId = initial.job.job_id;
  let report = $state.raw(initial);
  let sent = $state.raw<ReadonlyMap<string, number>>(new Map());
  let connected = $state(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function refresh(): Promise<void> {
    const answer = await call('GET', `/api/events/${eventId}/jobs/${jobId}/card`).catch(() => undefined);
    timer = undefined;
    if (answer !== undefined) report = CardReport.parse(answer);
  }
  function refreshSoon(): void {
    timer ??= setTimeout(refresh, Math.max(leastMs, msPerFile * report.frames.length));
  }
  function greet(hello: Hello): void {
    connected = true;
    gallery.grant(hello.media);
    // What happened before the stream opened did not come by it.
    if (hello.epoch !== report.head.epoch || hello.head_seq !== report.head.seq) refreshSoon();
  }
  function update(job: JobView): void {
    if (job.total !== report.job.total || job.completed !== report.job.completed) refreshSoon();
    report = { ...report, job };
  }
  $effect(() => {
    const wake = untrack(studio.rest);
    const cursor = () => formatCursor({ epoch: report.head.epoch, seq: report.head.seq });
    const stream = untrack(() =>
      openStream(
        () => `/live/events/${eventId}/jobs/${jobId}?after=${cursor()}`,
        {
          hello: (data) => greet(Hello.parse(data)),
          counts: (data) => gallery.setCount(Counts.parse(data).photos),
          frame: refreshSoon,
          resync: refreshSoon,
          job: (data) => update(JobView.parse(data)),
          progress: (data) => {
            const { files } = ProgressHints.parse(data);
            sent = new Map([...sent, ...files.map((file) => [file.photo_id, file.sent] as const)]);
          },
        },
        () => (connected = false),
      ),
    );
    return () => {
      stream.close();
      clearTimeout(timer);
      wake();
    };
  });
  return {
    get report(): CardReport {
      return report;
    },
    get connected(): boolean {
      return connected;
    },
    /** Tells how many bytes of a photo are on their way, as its uploader says. */
    sentOf: (photoId: string): number => sent.get(photoId) ?? 0,
  };
}
