import { effect, main, pod, type Switch } from './switch.ts';

const upload = 'Deployment/kilat-upload';
const config = (name: string) => `ConfigMap/kilat-${name}`;

/** Lists what the values do that are of the whole release. */
export function ofRelease(): Switch[] {
  return [
    effect('nameOverride', 'names', 'Deployment/gallery-api', 'metadata.labels.app=kubernetes=io/name', 'photos'),
    effect('fullnameOverride', 'names', 'Deployment/gallery-api', 'metadata.name', 'gallery-api'),
    effect('commonLabels', 'names', 'Service/gallery-api', 'metadata.labels.team', 'events'),
    effect('commonAnnotations', 'names', 'Service/gallery-api', 'metadata.annotations.example=com/owner', 'events'),
    effect(
      'clusterDomain',
      'names',
      'ScaledObject/gallery-thumbnail',
      'spec.triggers.0.metadata.natsServerMonitoringEndpoint',
      'gallery-nats.photos.svc.cluster.example:8222',
    ),
    effect('origin', 'production', config('notify'), 'data.PUBLIC_ORIGIN', 'https://photos.example.com'),
    effect(
      'extraOrigins',
      'ingress-traefik',
      config('api'),
      'data.ALLOWED_ORIGINS',
      'https://photos.example.com,https://www.example.com,https://app.example.com',
    ),
    effect('trustProxy', 'production', config('media'), 'data.TRUST_PROXY', '10.244.0.0/16'),
    effect('listenHost', 'names', 'ConfigMap/gallery-api', 'data.API_LISTEN', ':::8082'),
    effect('config', 'config', config('relay'), 'data.RELAY_POLL_MS', '200'),
    effect('env', 'pods', upload, `${main}.env.NODE_EXTRA_CA_CERTS`, '/certificates/ca.crt'),
    effect('serviceAccount.create', 'image', 'ServiceAccount/given'),
    effect('serviceAccount.name', 'image', upload, `${pod}.serviceAccountName`, 'given'),
    effect(
      'serviceAccount.annotations',
      'names',
      'ServiceAccount/photographer',
      'metadata.annotations.example=com/role',
      'storage',
    ),
    effect('migrations.contract', 'each', 'Job/kilat-migrate-contract'),
    effect(
      'migrations.contract',
      'default',
      'Job/kilat-migrate-contract',
      'metadata.annotations.helm=sh/hook',
      'post-upgrade',
    ),
    effect('migrations.resources', 'each', 'Job/kilat-migrate-install-1', `${main}.resources.requests.cpu`, '33m'),
    effect('migrations.deadlineSeconds', 'each', 'Job/kilat-migrate-install-1', 'spec.activeDeadlineSeconds', 77),
    effect('tests.enabled', 'off', 'Pod/kilat-test-photo'),
    effect('tests.resources', 'each', 'Pod/kilat-test-photo', 'spec.containers.0.resources.requests.cpu', '34m'),
    effect('extraObjects', 'names', 'ConfigMap/kilat-extra', 'data.said', 'as an object'),
    effect('extraObjects', 'names', 'ConfigMap/kilat-text', 'data.said', 'as a text'),
  ];
}
