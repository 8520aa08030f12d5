import { effect, main, pod, type Switch } from './switch.ts';

const upload = 'Deployment/kilat-upload';

/** Lists what the values do that all pods have in common. */
export function ofPods(): Switch[] {
  return [
    effect(
      'pods.annotations',
      'pods',
      'Deployment/kilat-api',
      'spec.template.metadata.annotations.example=com/all',
      'yes-all',
    ),
    effect('pods.annotations', 'pods', upload, 'spec.template.metadata.annotations.example=com/own', 'upload'),
    effect('pods.labels', 'pods', 'Deployment/kilat-web', 'spec.template.metadata.labels.example=com/pool', 'all'),
    effect('pods.nodeSelector', 'pods', 'Deployment/kilat-door', `${pod}.nodeSelector`, { pool: 'photos' }),
    effect('pods.nodeSelector', 'pods', upload, `${pod}.nodeSelector`, { pool: 'uploads' }),
    effect('pods.tolerations', 'pods', 'Job/kilat-migrate-install-1', `${pod}.tolerations.0.key`, 'photos'),
    effect(
      'pods.affinity',
      'pods',
      upload,
      `${pod}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.0.matchExpressions.0.key`,
      'disk',
    ),
    effect('pods.priorityClassName', 'pods', upload, `${pod}.priorityClassName`, 'photos'),
    effect('pods.runtimeClassName', 'pods', upload, `${pod}.runtimeClassName`, 'sandboxed'),
    effect('pods.volumes', 'pods', upload, `${pod}.volumes.2.configMap.name`, 'certificates'),
    effect('pods.volumeMounts', 'pods', 'Deployment/kilat-web', `${main}.volumeMounts.1.mountPath`, '/certificates'),
    effect('pods.topologySpread.enabled', 'off', upload, `${pod}.topologySpreadConstraints`, undefined),
    effect(
      'pods.topologySpread.whenUnsatisfiable',
      'pods',
      upload,
      `${pod}.topologySpreadConstraints.0.whenUnsatisfiable`,
      'DoNotSchedule',
    ),
    effect(
      'pods.topologySpread.topologyKeys',
      'pods',
      upload,
      `${pod}.topologySpreadConstraints.0.topologyKey`,
      'example.com/rack',
    ),
    effect('pods.preStopSeconds', 'pods', 'Deployment/kilat-api', `${main}.lifecycle.preStop.sleep.seconds`, 11),
    effect('pods.preStopSeconds', 'pods', upload, `${main}.lifecycle.preStop.sleep.seconds`, 3),
    effect('pods.preStopSeconds', 'off', upload, `${main}.lifecycle`, undefined),
    effect('pods.podSecurityContext', 'pods', 'StatefulSet/kilat-nats', `${pod}.securityContext.fsGroup`, 2002),
    effect(
      'pods.securityContext',
      'pods',
      'Pod/kilat-test-photo',
      'spec.containers.0.securityContext.privileged',
      false,
    ),
    effect('pods.startupProbe', 'pods', upload, `${main}.startupProbe.failureThreshold`, 99),
    effect('pods.livenessProbe', 'pods', upload, `${main}.livenessProbe.failureThreshold`, 98),
    effect('pods.readinessProbe', 'pods', upload, `${main}.readinessProbe.failureThreshold`, 97),
  ];
}
