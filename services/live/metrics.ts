import type { LiveStats } from '@kilat/contract';
import type { KeptEntry } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import type { Meter } from '#internal/metrics/meter.ts';
import { Counter, type Registry, secondsBuckets } from '#internal/metrics/metrics.ts';
import { happened } from '#internal/trace/trace.ts';
import type { Admission } from './admission.ts';

/** Counts what this replica did since it began. */
export type Counts = Omit<LiveStats, 'streams' | 'events'>;

/** Counts from nothing. */
export function createCounts(): Counts {
  return { opened: 0, deliveries: 0, resyncs: 0, dropped: 0 };
}

const told: { [Name in keyof Counts]: [name: string, help: string] } = {
  opened: ['streams_opened_total', 'Streams that were opened'],
  deliveries: ['deliveries_total', 'Frames that were written, each client counted'],
  resyncs: ['resyncs_total', 'Clients whose cursor could not be followed: they loaded a page anew'],
  dropped: ['dropped_total', 'Clients that left too much unread'],
};

/** Shows counts, and how many follow how many events, as figures. */
export function showCounts(
  registry: Registry,
  meter: Meter,
  counts: Counts,
  now: { admission: Admission; most: number; events: () => number },
): void {
  for (const [key, [name, help]] of Object.entries(told) as [keyof Counts, [string, string]][])
    new Counter({
      name: `kilat_live_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(counts[key]);
      },
    });
  meter.reading('streams', 'Open streams', () => now.admission.count());
  meter.reading('streams_most', 'Streams that this replica carries at most', () => now.most);
  meter.reading('events', 'Events that somebody follows', now.events);
}

/** Makes what times entries that were written to all watchers, and writes the photo's line in the log. */
export function sentReport(meter: Meter, log: Logger) {
  const delay = meter.seconds('sent_delay_seconds', 'From the commit of an entry to its being written to all watchers');
  return (eventId: string, entries: readonly KeptEntry[], clients: number) => {
    for (const { recorded_at, type, seq, photo_id, traceparent } of entries) {
      happened(traceparent, 'live.send', { event_id: eventId, seq, type, clients }, new Date(recorded_at));
      delay.observe(Math.max(0, Date.now() - Date.parse(recorded_at)) / 1_000);
      if (type === 'photo.rendered') log.info({ photo_id, event_id: eventId, clients }, 'photo sent');
    }
  };
}

const patientBuckets = [...secondsBuckets.filter((seconds) => seconds >= 0.1), 3, 120, 300, 600].sort((a, b) => a - b);

/** Makes what times the last part of a photo's way, and all of it. */
export function paintedMetrics(meter: Meter) {
  const painted = meter.seconds('painted_seconds', "From a frame's arrival at a page to the photo on its screen", {
    buckets: patientBuckets,
  });
  const whole = meter.seconds('glass_to_guest_seconds', "From a photo's first byte to its being on a guest's screen", {
    buckets: patientBuckets,
  });
  return (tookSeconds: number, sinceFirstByte: number) => {
    painted.observe(tookSeconds);
    whole.observe(sinceFirstByte);
  };
}
