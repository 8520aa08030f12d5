import { type TargetName, targetNames } from '../../../services/targets.ts';
import type { ReadableSetting } from './settings.ts';
import type { Value } from './values.ts';

type Schema = Record<string, unknown>;

/** Names the settings that other values give, which `config` therefore does not take. */
export const managedSettings = new Set([
  ...[
    'ADMIN_LISTEN',
    'LEAVE_SECONDS',
    'UPLOAD_LISTEN',
    'API_LISTEN',
    'LIVE_LISTEN',
    'MEDIA_LISTEN',
    'SPOOL_DIR',
    'THUMBNAIL_FOLDER',
  ],
  ...['KILAT_SECRET', 'ALLOWED_ORIGINS', 'PUBLIC_ORIGIN', 'TRUST_PROXY', 'UPLOAD_URL'],
  ...['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'SMTP_URL', 'SMTP_FROM', 'BACKUP_PROVIDERS'],
  ...['S3_ENDPOINT', 'S3_PUBLIC_ENDPOINT', 'S3_REGION', 'S3_BUCKET', 'S3_FORCE_PATH_STYLE'],
  ...['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
]);

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const textMap: Schema = { type: 'object', additionalProperties: text };
const objects: Schema = { type: 'array', items: { type: 'object' } };
const free: Schema = { type: 'object' };
const count: Schema = { type: 'integer', minimum: 0 };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 };
const origin: Schema = { type: 'string', pattern: '^https?://[^/]+/?$' };

// What works off no consumer has no lag by which KEDA could scale it.
const unlagged = ['targets.upload', 'targets.api', 'targets.live', 'targets.media', 'web'];

/** Says what a value takes where its default alone does not tell; a path counts for itself and for all that end with it. */
const special: Record<string, Schema> = {
  origin,
  extraOrigins: { type: 'array', items: origin },
  listenHost: { enum: ['0.0.0.0', '::'] },
  'secret.value': { type: 'string', pattern: '^(.{32,})?$' },
  'database.url': { type: 'string', pattern: '^(postgres(ql)?://.+)?$' },
  // Of digits alone nats-server would take it for a number.
  'infra.password': { type: 'string', pattern: '^([A-Za-z][A-Za-z0-9]{11,})?$' },
  'nats.url': { type: 'string', pattern: '^((nats|tls)://.+)?$' },
  'nats.monitoringEndpoint': { type: 'string', pattern: '^([^/]+:[0-9]+)?$' },
  'redis.url': { type: 'string', pattern: '^(rediss?://.+)?$' },
  's3.endpoint': { type: 'string', pattern: '^(https?://.+)?$' },
  's3.publicEndpoint': { type: 'string', pattern: '^(https?://.+)?$' },
  'mail.url': { type: 'string', pattern: '^(smtps?://.+)?$' },
  'ingress.controller': { enum: ['none', 'nginx', 'traefik'] },
  'infra.postgres.settings': { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  extraObjects: { type: 'array', items: { type: ['object', 'string'] } },
  whenUnsatisfiable: { enum: ['ScheduleAnyway', 'DoNotSchedule'] },
  ...Object.fromEntries(unlagged.map((path) => [`${path}.autoscaling.by`, { enum: ['hpa'] }])),
  by: { enum: ['hpa', 'keda'] },
  fallback: { type: ['object', 'null'] },
  maxUnavailable: { type: ['integer', 'string'], minimum: 0 },
  digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
  'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  port: port,
  accessModes: texts,
  exclude: texts,
  hostnames: texts,
};

// What Kubernetes itself checks is handed on as it is.
const handedOn: Record<string, Schema> = {
  ...{ resources: free, affinity: free, podSecurityContext: free, securityContext: free, volume: free, behavior: free },
  ...{ startupProbe: free, livenessProbe: free, readinessProbe: free, kedaNamespaceSelector: free },
  ...{
    annotations: textMap,
    labels: textMap,
    nodeSelector: textMap,
    commonLabels: textMap,
    commonAnnotations: textMap,
  },
  ...{ env: objects, tolerations: objects, volumes: objects, volumeMounts: objects, imagePullSecrets: objects },
  ...{ parentRefs: objects, tls: objects, 'networkPolicy.from': objects, metricsFrom: objects, to: objects },
};

/** Makes the strict schema of the chart's values. */
export function schemaOf(values: readonly Value[], settings: Record<string, Record<string, ReadableSetting>>): Schema {
  const root: Schema = {};
  for (const value of values) if (!isConfig(value.path)) insert(root, value.path.split('.'), fragmentOf(value));
  const properties = root.properties as Record<string, Schema>;
  const pods = (properties.pods as Schema).properties as Record<string, Schema>;
  for (const name of ['web', 'door']) lend(properties[name] as Schema, pods);
  const targets = (properties.targets as Schema).properties as Record<TargetName, Schema>;
  for (const name of targetNames) {
    lend(targets[name], pods);
    (targets[name].properties as Record<string, Schema>).config = configOf(settings[name] ?? {}, (setting) => ({
      $ref: `#/properties/config/properties/${setting}`,
    }));
  }
  const all: Record<string, ReadableSetting> = Object.assign({}, ...Object.values(settings));
  properties.config = configOf(all, (setting) => settingOf(all[setting]));
  insert(root, ['backup', 'providers'], providersOf(settings.backup ?? {}));
  properties.global = free; // a chart that has ours inside hands this down
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: "Values of Kilat's chart", ...root };
}

function isConfig(path: string): boolean {
  return path === 'config' || /^targets\.\w+\.config$/.test(path) || path === 'backup.providers';
}

function insert(schema: Schema, [name = '', ...rest]: string[], fragment: Schema): void {
  schema.type ??= 'object';
  schema.additionalProperties ??= false;
  schema.properties ??= {};
  const properties = schema.properties as Record<string, Schema>;
  if (rest.length === 0) properties[name] = fragment;
  else {
    properties[name] ??= {};
    insert(properties[name], rest, fragment);
  }
}

function fragmentOf({ path, default: value }: Value): Schema {
  const last = path.split('.').at(-1) ?? '';
  const ending = Object.keys(special).find((end) => path === end || path.endsWith(`.${end}`));
  return special[ending ?? ''] ?? handedOn[path] ?? handedOn[last] ?? ofType(path, value);
}

function ofType(path: string, value: unknown): Schema {
  if (typeof value === 'number') return count;
  if (Array.isArray(value)) return texts;
  if (value === null || typeof value !== 'object') return { type: typeof value };
  const schema: Schema = {};
  for (const [key, inner] of Object.entries(value))
    insert(schema, [key], fragmentOf({ path: `${path}.${key}`, default: inner, meaning: '' }));
  return schema;
}

function lend(schema: Schema, pods: Record<string, Schema>): void {
  const lent = Object.keys(pods).map((name) => [name, { $ref: `#/properties/pods/properties/${name}` }] as const);
  schema.properties = { ...Object.fromEntries(lent), ...(schema.properties as Record<string, Schema>) };
}

function configOf(settings: Record<string, ReadableSetting>, schemaFor: (name: string) => Schema): Schema {
  const names = Object.keys(settings).filter((name) => !managedSettings.has(name) && !name.includes('<'));
  const taken = names.sort().map((name) => [name, schemaFor(name)] as const);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(taken) };
}

function settingOf(setting: ReadableSetting | undefined): Schema {
  return { type: ['string', 'number', 'boolean'], description: setting?.meaning };
}

const secretParts = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'KEY'];

function providersOf(settings: Record<string, ReadableSetting>): Schema {
  const prefix = 'BACKUP_<NAME>_';
  const parts = Object.keys(settings).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const open = parts.filter((part) => !secretParts.includes(part));
  const config = Object.fromEntries(open.map((part) => [part, settingOf(settings[prefix + part])]));
  const provider = {
    type: 'object',
    additionalProperties: false,
    properties: {
      config: { type: 'object', additionalProperties: false, properties: config },
      secrets: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(secretParts.map((part) => [part, text])),
      },
      existingSecret: text,
    },
  };
  return { type: 'object', additionalProperties: false, patternProperties: { '^[a-z][a-z0-9-]{0,30}$': provider } };
}
