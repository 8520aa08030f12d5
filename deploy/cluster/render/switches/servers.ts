import { effect, main, type Switch } from './switch.ts';

const upload = 'Deployment/kilat-upload';
const config = (name: string) => `ConfigMap/kilat-${name}`;
const secret = (name: string) => `${main}.env.${name}`;
const decoded = (key: string) => `data.${key}|base64`;

/** Lists what the values do that name servers of others, and their secrets. */
export function ofServers(): Switch[] {
  return [
    effect(
      'secret.value',
      'inline',
      'Secret/kilat',
      decoded('KILAT_SECRET'),
      'a-secret-of-thirty-two-characters-or-more',
    ),
    effect('secret.existingSecret', 'production', upload, secret('KILAT_SECRET'), 'kilat-secret/links'),
    effect(
      'secret.existingSecretKey',
      'production',
      'Deployment/kilat-notify',
      secret('KILAT_SECRET'),
      'kilat-secret/links',
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
    effect('nats.existingSecret', 'production', upload, secret('NATS_URL'), 'kilat-nats/url'),
    effect('nats.existingSecretKey', 'production', 'Deployment/kilat-relay', secret('NATS_URL'), 'kilat-nats/url'),
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
    effect('mail.existingSecret', 'production', 'Deployment/kilat-notify', secret('SMTP_URL'), 'kilat-mail/url'),
    effect('mail.existingSecretKey', 'production', 'Deployment/kilat-notify', secret('SMTP_URL'), 'kilat-mail/url'),
    effect('mail.from', 'production', config('notify'), 'data.SMTP_FROM', 'Photos <photos@example.com>'),
    effect('backup.providers', 'backup', config('backup'), 'data.BACKUP_PROVIDERS', 'cold-store,drive'),
    effect('backup.providers', 'backup', 'Deployment/kilat-backup', secret('BACKUP_DRIVE_KEY'), 'drive-key/KEY'),
    effect('backup.providers', 'backup', 'Secret/kilat', decoded('BACKUP_COLD_STORE_SECRET_ACCESS_KEY'), 'a-key'),
    effect('backup.providers', 'default', 'Deployment/kilat-backup'),
  ];
}
