import { targetNames } from '../../../services/targets.ts';

/**
 * Says what one value does: in a variant that sets it, the object named `Kind/name` has at a path of its own what is
 * wanted. An object of undefined must not be there.
 */
export interface Switch {
  value: string;
  variant: string;
  object: string;
  at?: string;
  is?: unknown;
}

const pod = 'spec.template.spec';
const main = `${pod}.containers.0`;
const listeners = { upload: 8081, api: 8082, live: 8083, media: 8084 };
const lagged = ['thumbnail', 'backup', 'notify'];

function effect(value: string, variant: string, object: string, at?: string, is?: unknown): Switch {
  return { value, variant, object, ...(at !== undefined && { at, is }) };
}

/** Lists what each target's values do, and those of web and the door, which have the same. */
function ofWorkloads(): Switch[] {
  return [...targetNames, 'web', 'door'].flatMap((name, index) => {
    const isTarget = index < targetNames.length;
    const prefix = isTarget ? `targets.${name}` : name;
    const [object, budget] = [`Deployment/kilat-${name}`, `PodDisruptionBudget/kilat-${name}`];
    const number = isTarget ? index : index + 2;
    const serves = !isTarget || name in listeners;
    const type = name === 'web' ? 'LoadBalancer' : 'NodePort';
    return [
      ...(['api', 'upload'].includes(name)
        ? [
            effect(`${prefix}.enabled`, 'off', object, 'kind', 'Deployment'),
            effect(`${prefix}.pdb.enabled`, 'off', budget),
          ]
        : [
            effect(`${prefix}.enabled`, 'off', object),
            effect(`${prefix}.pdb.enabled`, 'default', budgetOf(name), 'kind', 'PodDisruptionBudget'),
          ]),
      effect(`${prefix}.replicas`, 'each', object, 'spec.replicas', number + 2),
      effect(`${prefix}.env`, 'each', object, `${main}.env.WHO`, name),
      effect(`${prefix}.resources`, 'each', object, `${main}.resources.limits.memory`, `${memory(name, number)}Mi`),
      effect(
        `${prefix}.gracePeriodSeconds`,
        'each',
        object,
        `${pod}.terminationGracePeriodSeconds`,
        isTarget ? 200 + index : 200 + index,
      ),
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
        ? [
            effect(
              `${prefix}.config`,
              'config',
              `ConfigMap/kilat-${name}`,
              'data.LOG_LEVEL',
              name === 'live' ? 'debug' : 'info',
            ),
          ]
        : []),
    ];
  });
}

// The variant `default` runs no backup: nothing is told where to.
function budgetOf(name: string): string {
  return `PodDisruptionBudget/kilat-${name === 'backup' ? 'api' : name}`;
}

function memory(name: string, index: number): number {
  if (name === 'web') return 902;
  if (name === 'door') return 904;
  return (index + 1) * 100 + 2;
}

/** Lists what the autoscalers' values do. */
function ofScaling(): Switch[] {
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

/** Lists what the values of infra's servers do. */
function ofInfra(): Switch[] {
  return ['nats', 'postgres', 'redis', 's3'].flatMap((name, index) => {
    const [prefix, object] = [`infra.${name}`, `StatefulSet/kilat-${name}`];
    const image =
      index % 2 === 0 ? `mirror/${name}:${index + 1}.0.0` : `mirror/${name}@sha256:${String(index).repeat(64)}`;
    const claim = 'spec.volumeClaimTemplates.0.spec';
    return [
      effect(`${prefix}.enabled`, 'production', object),
      effect(`${prefix}.image.repository`, 'infra', object, `${main}.image`, image),
      effect(`${prefix}.image.tag`, 'infra', object, `${main}.image`, image),
      effect(`${prefix}.image.digest`, 'infra', object, `${main}.image`, image),
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

/** Lists what every value of the chart does. */
export function switches(): Switch[] {
  return [...ofWorkloads(), ...ofScaling(), ...ofInfra(), ...single()];
}

function single(): Switch[] {
  const upload = 'Deployment/kilat-upload';
  const config = (name: string) => `ConfigMap/kilat-${name}`;
  const secret = (name: string) => `${main}.env.${name}`;
  const decoded = (key: string) => `data.${key}|base64`;
  const ingress = 'Ingress/kilat-streams';
  const nginx = 'metadata.annotations.nginx=ingress=kubernetes=io';
  const ours = {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'kilat', 'app.kubernetes.io/instance': 'kilat' } },
  };
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
    effect(
      'imageRegistry',
      'names',
      'StatefulSet/gallery-nats',
      `${main}.image`,
      'registry.example/mirror/nats:2.15.2',
    ),
    effect('imagePullSecrets', 'names', 'Deployment/gallery-web', `${pod}.imagePullSecrets`, [{ name: 'registry' }]),
    effect(
      'image.repository',
      'names',
      'Deployment/gallery-api',
      `${main}.image`,
      'registry.example/mirror/events/kilat:1.2.3',
    ),
    effect(
      'image.tag',
      'names',
      'Job/gallery-migrate-install-1',
      `${main}.image`,
      'registry.example/mirror/events/kilat:1.2.3',
    ),
    effect('image.digest', 'image', upload, `${main}.image`, `kilat@sha256:${'fedcba9876543210'.repeat(4)}`),
    effect('image.pullPolicy', 'names', 'Deployment/gallery-api', `${main}.imagePullPolicy`, 'Always'),
    effect(
      'web.image.repository',
      'names',
      'Deployment/gallery-door',
      `${main}.image`,
      `registry.example/mirror/events/web@sha256:${'0123456789abcdef'.repeat(4)}`,
    ),
    effect(
      'web.image.digest',
      'names',
      'Deployment/gallery-web',
      `${main}.image`,
      `registry.example/mirror/events/web@sha256:${'0123456789abcdef'.repeat(4)}`,
    ),
    effect('web.image.tag', 'image', 'Deployment/kilat-web', `${main}.image`, 'kilat-web:9.9.9'),
    effect('web.image.pullPolicy', 'names', 'Deployment/gallery-web', `${main}.imagePullPolicy`, 'Never'),
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
    effect(
      'secret.value',
      'inline',
      'Secret/kilat',
      decoded('KILAT_SECRET'),
      'a-secret-of-thirty-two-characters-or-more',
    ),
    effect('secret.existingSecret', 'production', upload, secret('KILAT_SECRET'), 'kilat-secret/KILAT_SECRET'),
    effect(
      'secret.existingSecretKey',
      'production',
      'Deployment/kilat-notify',
      secret('KILAT_SECRET'),
      'kilat-secret/KILAT_SECRET',
    ),
    effect(
      'database.url',
      'inline',
      'Secret/kilat',
      decoded('DATABASE_URL'),
      'postgres://kilat:secret@postgres.example:5432/photos',
    ),
    effect(
      'database.existingSecret',
      'production',
      'Job/kilat-migrate-expand',
      secret('DATABASE_URL'),
      'kilat-database-app/uri',
    ),
    effect('database.existingSecretKey', 'production', upload, secret('DATABASE_URL'), 'kilat-database-app/uri'),
    effect('nats.url', 'inline', 'Secret/kilat', decoded('NATS_URL'), 'nats://kilat:secret@nats.example:4222'),
    effect('nats.existingSecret', 'production', upload, secret('NATS_URL'), 'kilat-nats/NATS_URL'),
    effect('nats.existingSecretKey', 'production', 'Deployment/kilat-relay', secret('NATS_URL'), 'kilat-nats/NATS_URL'),
    effect(
      'nats.monitoringEndpoint',
      'inline',
      'ScaledObject/kilat-notify',
      'spec.triggers.0.metadata.natsServerMonitoringEndpoint',
      'nats.example:8222',
    ),
    effect('nats.account', 'inline', 'ScaledObject/kilat-notify', 'spec.triggers.0.metadata.account', 'PHOTOS'),
    effect('redis.url', 'inline', 'Secret/kilat', decoded('REDIS_URL'), 'redis://:secret@redis.example:6379'),
    effect('redis.existingSecret', 'production', 'Deployment/kilat-api', secret('REDIS_URL'), 'kilat-valkey/url'),
    effect('redis.existingSecretKey', 'production', upload, secret('REDIS_URL'), 'kilat-valkey/url'),
    effect('s3.endpoint', 'inline', config('thumbnail'), 'data.S3_ENDPOINT', 'https://s3.example'),
    effect(
      's3.publicEndpoint',
      'inline',
      'Deployment/kilat-web',
      `${main}.env.BUCKET_ORIGIN`,
      'https://s3.public.example:9000',
    ),
    effect('s3.region', 'inline', config('media'), 'data.S3_REGION', 'here'),
    effect('s3.bucket', 'inline', config('media'), 'data.S3_BUCKET', 'photos'),
    effect('s3.forcePathStyle', 'production', config('upload'), 'data.S3_FORCE_PATH_STYLE', 'false'),
    effect('s3.accessKeyId', 'inline', 'Secret/kilat', decoded('S3_ACCESS_KEY_ID'), 'an-id'),
    effect('s3.secretAccessKey', 'inline', 'Secret/kilat', decoded('S3_SECRET_ACCESS_KEY'), 'a-key'),
    effect('s3.existingSecret', 'production', upload, secret('S3_SECRET_ACCESS_KEY'), 'kilat-s3/key'),
    effect('s3.accessKeyIdKey', 'production', upload, secret('S3_ACCESS_KEY_ID'), 'kilat-s3/id'),
    effect(
      's3.secretAccessKeyKey',
      'production',
      'Deployment/kilat-media',
      secret('S3_SECRET_ACCESS_KEY'),
      'kilat-s3/key',
    ),
    effect('mail.url', 'inline', 'Secret/kilat', decoded('SMTP_URL'), 'smtps://user:secret@mail.example:465'),
    effect('mail.existingSecret', 'production', 'Deployment/kilat-notify', secret('SMTP_URL'), 'kilat-mail/SMTP_URL'),
    effect(
      'mail.existingSecretKey',
      'production',
      'Deployment/kilat-notify',
      secret('SMTP_URL'),
      'kilat-mail/SMTP_URL',
    ),
    effect('mail.from', 'production', config('notify'), 'data.SMTP_FROM', 'Photos <photos@example.com>'),
    effect('backup.providers', 'backup', config('backup'), 'data.BACKUP_PROVIDERS', 'cold-store,drive'),
    effect('backup.providers', 'backup', 'Deployment/kilat-backup', secret('BACKUP_DRIVE_KEY'), 'drive-key/KEY'),
    effect('backup.providers', 'backup', 'Secret/kilat', decoded('BACKUP_COLD_STORE_SECRET_ACCESS_KEY'), 'a-key'),
    effect('backup.providers', 'default', 'Deployment/kilat-backup'),
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
    effect('serviceAccount.create', 'image', 'ServiceAccount/given'),
    effect('serviceAccount.name', 'image', upload, `${pod}.serviceAccountName`, 'given'),
    effect(
      'serviceAccount.annotations',
      'names',
      'ServiceAccount/photographer',
      'metadata.annotations.example=com/role',
      'storage',
    ),
    effect('targets.upload.scratch.sizeLimit', 'each', upload, `${pod}.volumes.1.emptyDir.sizeLimit`, '3Gi'),
    effect('targets.upload.scratch.volume', 'default', upload, `${pod}.volumes.1.emptyDir.sizeLimit`, '8Gi'),
    effect(
      'targets.thumbnail.scratch.volume',
      'each',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.1.ephemeral.volumeClaimTemplate.spec.resources.requests.storage`,
      '7Gi',
    ),
    effect(
      'targets.thumbnail.scratch.sizeLimit',
      'default',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.1.emptyDir.sizeLimit`,
      '4Gi',
    ),
    effect('door.service.port', 'each', 'Service/kilat-door', 'spec.ports.0.port', 8099),
    effect('ingress.enabled', 'default', ingress),
    effect('ingress.className', 'ingress-nginx', ingress, 'spec.ingressClassName', 'nginx'),
    effect('ingress.controller', 'ingress-nginx', ingress, `${nginx}/proxy-request-buffering`, 'off'),
    effect(
      'ingress.controller',
      'ingress-traefik',
      ingress,
      'metadata.annotations.traefik=ingress=kubernetes=io/router=priority',
      '100',
    ),
    effect('ingress.host', 'ingress-traefik', ingress, 'spec.rules.0.host', 'pictures.example.com'),
    effect('ingress.host', 'ingress-nginx', ingress, 'spec.rules.0.host', 'photos.example.com'),
    effect(
      'ingress.annotations',
      'ingress-traefik',
      'Ingress/kilat-pages',
      'metadata.annotations.traefik=ingress=kubernetes=io/router=entrypoints',
      'websecure',
    ),
    effect('ingress.tls', 'production', ingress, 'spec.tls.0.secretName', 'photos-tls'),
    effect('httpRoute.enabled', 'default', 'HTTPRoute/kilat'),
    effect('httpRoute.parentRefs', 'httproute', 'HTTPRoute/kilat', 'spec.parentRefs.0.sectionName', 'https'),
    effect('httpRoute.hostnames', 'httproute', 'HTTPRoute/kilat', 'spec.hostnames', [
      'photos.example.com',
      'pictures.example.com',
    ]),
    effect('httpRoute.annotations', 'httproute', 'HTTPRoute/kilat', 'metadata.annotations.example=com/note', 'routed'),
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
    effect('networkPolicy.enabled', 'off', 'NetworkPolicy/kilat-postgres'),
    effect('networkPolicy.from', 'egress', 'NetworkPolicy/kilat-web', 'spec.ingress.0.from', [
      { podSelector: { matchLabels: { app: 'proxy' } } },
      ours,
    ]),
    effect(
      'networkPolicy.metricsFrom',
      'monitoring',
      'NetworkPolicy/kilat-relay',
      'spec.ingress.0.from.0.namespaceSelector.matchLabels.team',
      'monitoring',
    ),
    effect(
      'networkPolicy.kedaNamespaceSelector',
      'keda',
      'NetworkPolicy/kilat-nats',
      'spec.ingress.1.from.1.namespaceSelector.matchLabels.team',
      'scaling',
    ),
    effect('networkPolicy.egress.enabled', 'default', 'NetworkPolicy/kilat-egress'),
    effect('networkPolicy.egress.to', 'egress', 'NetworkPolicy/kilat-egress', 'spec.egress.2.ports.0.port', 465),
    effect('metrics.serviceMonitor.enabled', 'default', 'ServiceMonitor/kilat'),
    effect('metrics.serviceMonitor.interval', 'monitoring', 'ServiceMonitor/kilat', 'spec.endpoints.0.interval', '7s'),
    effect(
      'metrics.serviceMonitor.labels',
      'monitoring',
      'ServiceMonitor/kilat',
      'metadata.labels.release',
      'prometheus',
    ),
    effect('metrics.prometheusRule.enabled', 'default', 'PrometheusRule/kilat'),
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
    effect('infra.password', 'infra', 'Secret/kilat-generated', decoded('POSTGRES_PASSWORD'), 'aPasswordForAllOfThem'),
    effect('infra.postgres.settings', 'infra', 'StatefulSet/kilat-postgres', `${main}.args.8`, 'work_mem=9MB'),
    effect('infra.s3.sidecar', 'infra', config('upload'), 'data.S3_SYNC_SIDECAR', '/objects/side'),
    effect(
      'infra.s3.sync',
      'infra',
      'Deployment/kilat-thumbnail',
      `${pod}.volumes.2.persistentVolumeClaim.claimName`,
      'data-kilat-s3-0',
    ),
    effect('tests.enabled', 'off', 'Pod/kilat-test-photo'),
    effect('tests.resources', 'each', 'Pod/kilat-test-photo', 'spec.containers.0.resources.requests.cpu', '34m'),
    effect('extraObjects', 'names', 'ConfigMap/kilat-extra', 'data.said', 'as an object'),
    effect('extraObjects', 'names', 'ConfigMap/kilat-text', 'data.said', 'as a text'),
  ];
}
