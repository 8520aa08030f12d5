import { budgetCases } from './budgets.ts';
import type { AlertCase, Series } from './case.ts';

const histogram = (name: string, within: string, all: string): Series[] => [
  [`${name}_bucket{le="5"}`, within],
  [`${name}_bucket{le="10"}`, all],
  [`${name}_bucket{le="+Inf"}`, all],
];
const gauge = (series: string, fires: string, stays: string) => ({
  fires: [[series, fires]] as Series[],
  stays: [[series, stays]] as Series[],
});

const deployment = (name: string, available: string, wanted: string): Series[] => [
  [`kube_deployment_status_replicas_available{deployment="${name}"}`, available],
  [`kube_deployment_spec_replicas{deployment="${name}"}`, wanted],
];

/** Lists what each alert is tried with. */
export const cases: AlertCase[] = [
  ...budgetCases,
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
      ['kilat_process_info{name="notify",version="1"}', '1x5 stale'],
      ['kilat_process_info{name="upload",version="1",pod="old"}', '1x5 stale'],
      ['kilat_process_info{name="upload",version="2",pod="new"}', '_x4 1x30'],
    ],
  },
  {
    alert: 'KilatDeploymentUnavailable',
    minutes: 10,
    fires: deployment('kilat-door', '1x5 0x20', '2x30'),
    stays: [
      ...deployment('kilat-web', '1x5 0x2 1x20', '2x30'),
      ...deployment('kilat-thumbnail', '1x5 0x20', '1x5 0x20'),
      ...deployment('other', '0x30', '1x30'),
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
    alert: 'KilatNoRelayLeads',
    minutes: 10,
    fires: [],
    stays: [['kilat_relay_measured_timestamp_seconds{pod="a"}', '0+60x30']],
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
    // The figure is away for a moment whenever the place is tried again.
    ...gauge('kilat_backup_pause_seconds{provider="r2"}', '30x3 stale '.repeat(10), '30x20 _x8 30x20'),
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
