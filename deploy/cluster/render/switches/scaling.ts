import { effect, type Switch } from './switch.ts';

const lagged = ['thumbnail', 'backup', 'notify'];

/** Lists what the autoscalers' values do. */
export function ofScaling(): Switch[] {
  const byLoad = ['upload', 'api', 'live', 'media', ...lagged, 'web'].flatMap((name, index) => {
    const prefix = `${name === 'web' ? '' : 'targets.'}${name}.autoscaling`;
    const object = `HorizontalPodAutoscaler/kilat-${name}`;
    const percent = (at: number) => `spec.metrics.${at}.resource.target.averageUtilization`;
    return [
      effect(`${prefix}.enabled`, 'hpa', `Deployment/kilat-${name}`, 'spec.replicas', undefined),
      effect(`${prefix}.by`, 'hpa', object, 'kind', 'HorizontalPodAutoscaler'),
      effect(`${prefix}.minReplicas`, 'hpa', object, 'spec.minReplicas', index + 3),
      effect(`${prefix}.maxReplicas`, 'hpa', object, 'spec.maxReplicas', index + 11),
      effect(`${prefix}.cpuPercent`, 'hpa', object, percent(0), index + 51),
      effect(`${prefix}.memoryPercent`, 'hpa', object, percent(1), index + 61),
      effect(`${prefix}.behavior`, 'hpa', object, 'spec.behavior.scaleDown.stabilizationWindowSeconds', index + 31),
    ];
  });
  const byLag = lagged.flatMap((name, index) => {
    const [prefix, object] = [`targets.${name}.autoscaling`, `ScaledObject/kilat-${name}`];
    const fallback = [{ failureThreshold: 4, replicas: 3 }, undefined, { failureThreshold: 5, replicas: 2 }][index];
    const least = name === 'notify' ? 1 : 0;
    return [
      effect(`${prefix}.enabled`, 'keda', `Deployment/kilat-${name}`, 'spec.replicas', undefined),
      effect(`${prefix}.by`, 'keda', object, 'kind', 'ScaledObject'),
      effect(`${prefix}.minReplicas`, 'keda', object, 'spec.minReplicaCount', least),
      effect(`${prefix}.maxReplicas`, 'keda', object, 'spec.maxReplicaCount', index + 6),
      effect(`${prefix}.lagThreshold`, 'keda', object, 'spec.triggers.0.metadata.lagThreshold', String(index + 5)),
      effect(
        `${prefix}.activationLagThreshold`,
        'keda',
        object,
        'spec.triggers.0.metadata.activationLagThreshold',
        String(index + 1),
      ),
      effect(`${prefix}.pollingIntervalSeconds`, 'keda', object, 'spec.pollingInterval', index + 2),
      effect(`${prefix}.cooldownSeconds`, 'keda', object, 'spec.cooldownPeriod', index + 10),
      effect(`${prefix}.fallback`, 'keda', object, 'spec.fallback', fallback),
      effect(
        `${prefix}.behavior`,
        'keda',
        object,
        'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds',
        index + 5,
      ),
    ];
  });
  return [...byLoad, ...byLag];
}
