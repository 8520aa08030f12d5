import { targetNames } from '../../../../services/targets.ts';
import { effect, main, pod, type Switch } from './switch.ts';

const listeners = ['upload', 'api', 'live', 'media'];
const levels = ['debug', 'warn', 'error'];

/** Lists what each target's values do, and those of web and the door, which have the same. */
export function ofWorkloads(): Switch[] {
  return [...ofEach(), ...ofSome()];
}

function ofEach(): Switch[] {
  return [...targetNames, 'web', 'door'].flatMap((name, index) => {
    const isTarget = index < targetNames.length;
    const prefix = isTarget ? `targets.${name}` : name;
    const [object, budget] = [`Deployment/kilat-${name}`, `PodDisruptionBudget/kilat-${name}`];
    const number = isTarget ? index : index + 2;
    const serves = !isTarget || listeners.includes(name);
    const type = name === 'web' ? 'LoadBalancer' : 'NodePort';
    return [
      effect(`${prefix}.enabled`, 'none', object),
      effect(`${prefix}.pdb.enabled`, 'off', object, 'kind', 'Deployment'),
      effect(`${prefix}.pdb.enabled`, 'off', budget),
      effect(`${prefix}.replicas`, 'each', object, 'spec.replicas', number + 2),
      effect(`${prefix}.env`, 'each', object, `${main}.env.WHO`, name),
      effect(`${prefix}.resources`, 'each', object, `${main}.resources.limits.memory`, `${memory(name, number)}Mi`),
      effect(`${prefix}.gracePeriodSeconds`, 'each', object, `${pod}.terminationGracePeriodSeconds`, 200 + index),
      effect(`${prefix}.pdb.maxUnavailable`, 'each', budget, 'spec.maxUnavailable', number + 2),
      ...(serves
        ? [
            effect(`${prefix}.service.type`, 'each', `Service/kilat-${name}`, 'spec.type', type),
            effect(
              `${prefix}.service.annotations`,
              'each',
              `Service/kilat-${name}`,
              'metadata.annotations.example=com/service',
              name,
            ),
          ]
        : []),
      ...(isTarget
        ? [effect(`${prefix}.config`, 'config', `ConfigMap/kilat-${name}`, 'data.LOG_LEVEL', levels[index % 3])]
        : []),
    ];
  });
}

function memory(name: string, index: number): number {
  if (name === 'web') return 902;
  if (name === 'door') return 904;
  return (index + 1) * 100 + 2;
}

function ofSome(): Switch[] {
  return [
    effect(
      'targets.upload.scratch.sizeLimit',
      'each',
      'Deployment/kilat-upload',
      `${pod}.volumes.1.emptyDir.sizeLimit`,
      '3Gi',
    ),
    effect(
      'targets.upload.scratch.volume',
      'pods',
      'Deployment/kilat-upload',
      `${pod}.volumes.1.ephemeral.volumeClaimTemplate.spec.resources.requests.storage`,
      '9Gi',
    ),
    effect(
      'targets.thumbnail.scratch.volume',
      'each',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.1.ephemeral.volumeClaimTemplate.spec.resources.requests.storage`,
      '7Gi',
    ),
    effect(
      'targets.thumbnail.scratch.sizeLimit',
      'pods',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.1.emptyDir.sizeLimit`,
      '5Gi',
    ),
    effect('door.service.port', 'each', 'Service/kilat-door', 'spec.ports.0.port', 8099),
  ];
}
