/** Is a figure as Prometheus has it: its name and labels, and its values minute by minute, as promtool writes them. */
export type Series = [series: string, values: string];

/** Is an alert, what makes it fire within some minutes, and what comes near and does not. */
export interface AlertCase {
  alert: string;
  minutes: number;
  fires: Series[];
  stays: Series[];
}

const requests = (bad: string, good: string): Series[] => [
  ['kilat_api_requests_total{method="GET",status="5xx"}', bad],
  ['kilat_api_requests_total{method="GET",status="2xx"}', good],
  ['kilat_media_requests_total{method="GET",status="2xx"}', good],
];
const finished = (failed: string, stored: string, refused = '0x500'): Series[] => [
  ['kilat_upload_finished_total{result="failed"}', failed],
  ['kilat_upload_finished_total{result="gone"}', '0x500'],
  ['kilat_upload_finished_total{result="stored"}', stored],
  ['kilat_upload_finished_total{result="refused"}', refused],
];
const glass = (within: string, all: string): Series[] => [
  ['kilat_live_glass_to_guest_seconds_bucket{le="5"}', within],
  ['kilat_live_glass_to_guest_seconds_bucket{le="+Inf"}', all],
  ['kilat_live_glass_to_guest_seconds_count', all],
];
const histogram = (name: string, within: string, all: string): Series[] => [
  [`${name}_bucket{le="5"}`, within],
  [`${name}_bucket{le="10"}`, all],
  [`${name}_bucket{le="+Inf"}`, all],
];
const gauge = (series: string, fires: string, stays: string) => ({
  fires: [[series, fires]] as Series[],
  stays: [[series, stays]] as Series[],
});

/** Lists what each alert is tried with. */
export const cases: AlertCase[] = [
  {
    alert: 'KilatAvailabilityBurnsFast',
    minutes: 70,
    fires: requests('0+40x100', '0+1000x100'),
    stays: requests('0+20x100', '0+1000x100'),
  },
  {
    alert: 'KilatAvailabilityBurnsSlowly',
    minutes: 380,
    fires: requests('0+14x400', '0+1000x400'),
    stays: requests('0+10x400', '0+1000x400'),
  },
  {
    alert: 'KilatGlassToGuestBurnsFast',
    minutes: 70,
    fires: glass('0+10x100', '0+100x100'),
    stays: glass('0+50x100', '0+100x100'),
  },
  {
    alert: 'KilatGlassToGuestBurnsSlowly',
    minutes: 380,
    fires: glass('0+60x400', '0+100x400'),
    // Nearly nobody looks: three photos say nothing.
    stays: glass('0x400', '0x300 1x50 3x50'),
  },
  {
    alert: 'KilatStoredBurnsFast',
    minutes: 70,
    fires: finished('0+10x100', '0+100x100'),
    stays: finished('0+5x100', '0+100x100', '0+100x100'),
  },
  {
    alert: 'KilatStoredBurnsSlowly',
    minutes: 380,
    fires: finished('0+4x400', '0+100x400'),
    stays: finished('0+2x400', '0+100x400'),
  },
  {
    alert: 'KilatOriginalMissing',
    minutes: 10,
    ...gauge('kilat_upload_reconciled_total{what="missing"}', '0x5 1x20', '0x30'),
  },
  {
    alert: 'KilatUploadGone',
    minutes: 10,
    fires: [['kilat_upload_finished_total{result="gone"}', '0x5 1x20']],
    stays: [['kilat_upload_finished_total{result="failed"}', '0x5 9x20']],
  },
  {
    alert: 'KilatUploadsWait',
    minutes: 10,
    ...gauge('kilat_upload_trouble{reason="disk"}', '0x2 1x20', '0x5 1x1 0x20'),
  },
  {
    alert: 'KilatTargetMissing',
    minutes: 20,
    fires: [['kilat_process_info{name="upload",version="1"}', '1x5 stale']],
    stays: [
      ['kilat_process_info{name="thumbnail",version="1"}', '1x5 stale'],
      ['kilat_process_info{name="upload",version="1",pod="old"}', '1x5 stale'],
      ['kilat_process_info{name="upload",version="2",pod="new"}', '_x4 1x30'],
    ],
  },
  {
    alert: 'KilatNoRelayLeads',
    minutes: 10,
    fires: [
      ['kilat_relay_measured_timestamp_seconds{pod="a"}', '0x30'],
      ['kilat_relay_measured_timestamp_seconds{pod="b"}', '0x30'],
    ],
    stays: [
      ['kilat_relay_measured_timestamp_seconds{pod="a"}', '0+60x30'],
      ['kilat_relay_measured_timestamp_seconds{pod="b"}', '0x30'],
    ],
  },
  {
    alert: 'KilatPublishingStandsStill',
    minutes: 10,
    ...gauge('kilat_relay_unpublished_oldest_seconds{pod="a"}', '0x2 60+60x20', '0x2 70x1 0x20'),
  },
  {
    alert: 'KilatPublishingIsSlow',
    minutes: 15,
    fires: histogram('kilat_relay_publish_delay_seconds', '0+5x30', '0+10x30'),
    stays: histogram('kilat_relay_publish_delay_seconds', '0+96x30', '0+100x30'),
  },
  {
    alert: 'KilatWorkWaits',
    minutes: 10,
    fires: [['kilat_relay_stage_oldest_due_seconds{stage="thumbnail",lane="live"}', '0+60x30']],
    stays: [
      ['kilat_relay_stage_oldest_due_seconds{stage="thumbnail",lane="live"}', '110x30'],
      ['kilat_relay_stage_oldest_due_seconds{stage="thumbnail",lane="bulk"}', '0+60x30'],
    ],
  },
  {
    alert: 'KilatBulkWorkWaits',
    minutes: 50,
    ...gauge('kilat_relay_stage_oldest_due_seconds{stage="backup",lane="bulk"}', '22000x60', '21000x60'),
  },
  {
    alert: 'KilatFailuresRise',
    minutes: 20,
    ...gauge('kilat_relay_stage_failures{stage="thumbnail",class="unknown"}', '100x10 130x20', '100x10 115x20'),
  },
  {
    alert: 'KilatBackupPaused',
    minutes: 40,
    ...gauge('kilat_backup_pause_seconds{provider="r2"}', '30x50', '30x20 0x1 30x30'),
  },
  {
    alert: 'KilatNotificationsWait',
    minutes: 10,
    ...gauge('kilat_relay_notifications_oldest_due_seconds{channel="email"}', '1000x20', '800x20'),
  },
  {
    alert: 'KilatDatabaseConnectionsUsedUp',
    minutes: 10,
    ...gauge('kilat_api_database_connections_wanted{instance="a"}', '3x20', '3x3 0x1 3x3 0x20'),
  },
  {
    alert: 'KilatStatementsAreSlow',
    minutes: 20,
    ...gauge('kilat_api_database_slow_statements_total{instance="a"}', '0+10x30', '0+4x30'),
  },
  {
    alert: 'KilatBucketFails',
    minutes: 15,
    fires: [
      ['kilat_media_objects_calls_total{operation="GetObject",result="failed"}', '0+10x30'],
      ['kilat_media_objects_calls_total{operation="GetObject",result="done"}', '0+100x30'],
    ],
    stays: [
      ['kilat_media_objects_calls_total{operation="GetObject",result="absent"}', '0+50x30'],
      ['kilat_media_objects_calls_total{operation="GetObject",result="failed"}', '0+1x30'],
      ['kilat_media_objects_calls_total{operation="GetObject",result="done"}', '0+100x30'],
    ],
  },
  {
    alert: 'KilatLimitsUnanswered',
    minutes: 20,
    ...gauge('kilat_api_limit_unanswered_total', '0+60x30', '0x5 3x30'),
  },
  {
    alert: 'KilatLiveIsFull',
    minutes: 10,
    fires: [
      ['kilat_live_streams{instance="a"}', '9000x20'],
      ['kilat_live_streams_most{instance="a"}', '10000x20'],
    ],
    stays: [
      ['kilat_live_streams{instance="a"}', '7000x20'],
      ['kilat_live_streams_most{instance="a"}', '10000x20'],
    ],
  },
  {
    alert: 'KilatLiveDropsClients',
    minutes: 20,
    fires: [
      ['kilat_live_dropped_total', '0+600x30'],
      ['kilat_live_streams', '500x30'],
    ],
    stays: [
      ['kilat_live_dropped_total', '0+6x30'],
      ['kilat_live_streams', '500x30'],
    ],
  },
  {
    alert: 'KilatSendingIsSlow',
    minutes: 15,
    fires: histogram('kilat_live_sent_delay_seconds', '0+5x30', '0+10x30'),
    stays: histogram('kilat_live_sent_delay_seconds', '0+96x30', '0+100x30'),
  },
  {
    alert: 'KilatProcessIsBusy',
    minutes: 20,
    ...gauge('kilat_process_nodejs_eventloop_lag_p99_seconds{instance="a"}', '0.8x30', '0.8x5 0.1x30'),
  },
];
