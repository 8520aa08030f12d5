import type { AlertCase, Series } from './case.ts';

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
// Prometheus 3 writes a bucket's border with its fraction, earlier ones as it is exported.
const borders = ['5', '5.0'];
const glass = (border: string, within: string, all: string): Series[] => [
  [`kilat_live_glass_to_guest_seconds_bucket{le="${border}"}`, within],
  ['kilat_live_glass_to_guest_seconds_bucket{le="+Inf"}', all],
  ['kilat_live_glass_to_guest_seconds_count', all],
];
/** Lists what the alerts on error budgets are tried with. */
export const budgetCases: AlertCase[] = [
  {
    alert: 'KilatAvailabilityBurnsFast',
    minutes: 70,
    fires: requests('0+40x100', '0+1000x100'),
    stays: requests('0+20x100', '0+1000x100'),
  },
  {
    // At night: all of the few requests fail, or one alone does.
    alert: 'KilatAvailabilityBurnsFast',
    minutes: 70,
    fires: requests('0x30 0+1x60', '0x100'),
    stays: requests('0x66 1x10', '0x10 1x10 2x10 3x10 4x10 5x10 6x30'),
  },
  {
    alert: 'KilatAvailabilityBurnsSlowly',
    minutes: 380,
    fires: requests('0+14x400', '0+1000x400'),
    stays: requests('0+10x400', '0+1000x400'),
  },
  {
    alert: 'KilatAvailabilityBurnsSlowly',
    minutes: 380,
    fires: requests('0x340 0+1x60', '0x400'),
    stays: requests('0x355 1x40', '0x100 1x100 2x100 3x100'),
  },
  ...borders.flatMap((border): AlertCase[] => [
    {
      alert: 'KilatGlassToGuestBurnsFast',
      minutes: 70,
      fires: glass(border, '0+10x100', '0+100x100'),
      stays: glass(border, '0+50x100', '0+100x100'),
    },
    {
      alert: 'KilatGlassToGuestBurnsSlowly',
      minutes: 380,
      fires: glass(border, '0+60x400', '0+100x400'),
      // Nearly nobody looks: three photos say nothing.
      stays: glass(border, '0x400', '0x300 1x50 3x50'),
    },
  ]),
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
];
