import { effect, main, pod, type Switch } from './switch.ts';

/** Lists what the values of infra's servers do. */
export function ofInfra(): Switch[] {
  return [...ofEach(), ...ofSome()];
}

function ofEach(): Switch[] {
  return ['nats', 'postgres', 'redis', 's3'].flatMap((name, index) => {
    const [prefix, object] = [`infra.${name}`, `StatefulSet/kilat-${name}`];
    // In one of the variants the servers have a tag and a digest by turns, in the other the other way round.
    const [byTag, byDigest] = index % 2 === 0 ? ['infra', 'image'] : ['image', 'infra'];
    const [tagged, digested] = [`mirror/${name}:${index + 1}.0.0`, `mirror/${name}@sha256:${String(index).repeat(64)}`];
    const claim = 'spec.volumeClaimTemplates.0.spec';
    return [
      effect(`${prefix}.enabled`, 'production', object),
      effect(`${prefix}.image.repository`, byTag, object, `${main}.image`, tagged),
      effect(`${prefix}.image.tag`, byTag, object, `${main}.image`, tagged),
      effect(`${prefix}.image.digest`, byDigest, object, `${main}.image`, digested),
      effect(`${prefix}.image.pullPolicy`, 'infra', object, `${main}.imagePullPolicy`, 'Always'),
      effect(`${prefix}.resources`, 'infra', object, `${main}.resources.requests.cpu`, `${index + 1}5m`),
      effect(`${prefix}.persistence.size`, 'infra', object, `${claim}.resources.requests.storage`, `${index + 1}1Gi`),
      effect(`${prefix}.persistence.storageClass`, 'infra', object, `${claim}.storageClassName`, `fast-${name}`),
      effect(`${prefix}.persistence.accessModes`, 'infra', object, `${claim}.accessModes`, ['ReadWriteOncePod']),
      effect(`${prefix}.nodeSelector`, 'infra', object, `${pod}.nodeSelector`, { disk: name }),
      effect(`${prefix}.tolerations`, 'infra', object, `${pod}.tolerations.0.key`, name),
      effect(
        `${prefix}.affinity`,
        'infra',
        object,
        `${pod}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey`,
        `zone-${name}`,
      ),
    ];
  });
}

function ofSome(): Switch[] {
  return [
    effect(
      'infra.password',
      'infra',
      'Secret/kilat-generated',
      'data.POSTGRES_PASSWORD|base64',
      'aPasswordForAllOfThem',
    ),
    effect('infra.postgres.settings', 'infra', 'StatefulSet/kilat-postgres', `${main}.args.8`, 'work_mem=9MB'),
    effect('infra.s3.sidecar', 'infra', 'ConfigMap/kilat-upload', 'data.S3_SYNC_SIDECAR', '/objects/side'),
    effect(
      'infra.s3.sync',
      'infra',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.2.persistentVolumeClaim.claimName`,
      'data-kilat-s3-0',
    ),
  ];
}
