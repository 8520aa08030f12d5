import { effect, type Switch } from './switch.ts';

/** Lists what the values of metrics do. */
export function ofMetrics(): Switch[] {
  return [
    effect('metrics.serviceMonitor.enabled', 'default', 'ServiceMonitor/kilat'),
    effect('metrics.serviceMonitor.enabled', 'monitoring', 'ServiceMonitor/kilat', 'kind', 'ServiceMonitor'),
    effect('metrics.serviceMonitor.interval', 'monitoring', 'ServiceMonitor/kilat', 'spec.endpoints.0.interval', '7s'),
    effect(
      'metrics.serviceMonitor.labels',
      'monitoring',
      'ServiceMonitor/kilat',
      'metadata.labels.release',
      'prometheus',
    ),
    effect('metrics.prometheusRule.enabled', 'default', 'PrometheusRule/kilat'),
    effect('metrics.prometheusRule.enabled', 'monitoring', 'PrometheusRule/kilat', 'kind', 'PrometheusRule'),
    effect(
      'metrics.prometheusRule.labels',
      'monitoring',
      'PrometheusRule/kilat',
      'metadata.labels.release',
      'prometheus',
    ),
    effect(
      'metrics.prometheusRule.exclude',
      'monitoring',
      'PrometheusRule/kilat',
      'spec.groups.1.name',
      'kilat-bucket-fails',
    ),
    effect(
      'metrics.prometheusRule.runbooks',
      'monitoring',
      'PrometheusRule/kilat',
      'spec.groups.0.rules.0.annotations.runbook_url',
      'https://runbooks.example/kilat/deploy/RUNBOOK.md#kilatavailabilityburnsfast',
    ),
    effect('metrics.dashboards.enabled', 'default', 'ConfigMap/kilat-dashboard-kilat-overview'),
    effect('metrics.dashboards.enabled', 'monitoring', 'ConfigMap/kilat-dashboard-kilat-overview', 'kind', 'ConfigMap'),
    effect(
      'metrics.dashboards.labels',
      'monitoring',
      'ConfigMap/kilat-dashboard-kilat-overview',
      'metadata.labels.grafana_dashboard',
      'kilat',
    ),
    effect(
      'metrics.dashboards.annotations',
      'monitoring',
      'ConfigMap/kilat-dashboard-kilat-live',
      'metadata.annotations.grafana_folder',
      'Kilat',
    ),
  ];
}
