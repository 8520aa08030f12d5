import { ofImages } from './switches/images.ts';
import { ofInfra } from './switches/infra.ts';
import { ofMetrics } from './switches/metrics.ts';
import { ofPods } from './switches/pods.ts';
import { ofRelease } from './switches/release.ts';
import { ofScaling } from './switches/scaling.ts';
import { ofServers } from './switches/servers.ts';
import type { Switch } from './switches/switch.ts';
import { ofWays } from './switches/ways.ts';
import { ofWorkloads } from './switches/workloads.ts';

/** Lists what every value of the chart does. */
export function switches(): Switch[] {
  return [
    ...[...ofRelease(), ...ofImages(), ...ofServers(), ...ofPods(), ...ofWorkloads()],
    ...[...ofScaling(), ...ofWays(), ...ofMetrics(), ...ofInfra()],
  ];
}
