/**
 * node deploy/cluster/render/schemas.ts
 *
 * Writes the strict schemas of all kinds that the chart may render into schemas/, from the sources of Kubernetes and of
 * the operators that it works with, as the Go module proxy has them. Run it after a version here has changed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { execute } from '../../local/program.ts';

type Schema = Record<string, unknown>;

interface Definition {
  group: string;
  version: string;
  kind: string;
}

const kubernetes = 'k8s.io/kubernetes@v1.36.3';
const builtIn = [
  ...['v1/ConfigMap', 'v1/Secret', 'v1/Service', 'v1/ServiceAccount', 'v1/Pod', 'apps/v1/Deployment'],
  ...['apps/v1/StatefulSet', 'batch/v1/Job', 'autoscaling/v2/HorizontalPodAutoscaler', 'policy/v1/PodDisruptionBudget'],
  ...['networking.k8s.io/v1/NetworkPolicy', 'networking.k8s.io/v1/Ingress'],
];
const custom = {
  'github.com/kedacore/keda/v2@v2.21.0': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  'sigs.k8s.io/gateway-api@v1.4.1': ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
};

const anyNumber = { oneOf: [{ type: 'string' }, { type: 'integer' }] };
const quantity = { oneOf: [{ type: 'string' }, { type: 'number' }] };

/** Makes a schema strict: references expanded, nothing that is not named, null where a field may be left out. */
function strict(schema: Schema, definitions: Record<string, Schema>): Schema {
  const ref = schema.$ref as string | undefined;
  if (ref?.endsWith('.resource.Quantity')) return quantity;
  if (ref?.endsWith('.intstr.IntOrString')) return anyNumber;
  if (ref !== undefined) return strict(definitions[ref.slice('#/definitions/'.length)] ?? {}, definitions);
  if (schema['x-kubernetes-int-or-string'] === true) return anyNumber;
  const kept: Schema = {};
  for (const key of ['type', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'required', 'minItems', 'maxItems'])
    if (schema[key] !== undefined) kept[key] = schema[key];
  if (schema.items) kept.items = strict(schema.items as Schema, definitions);
  if (typeof schema.additionalProperties === 'object')
    kept.additionalProperties = strict(schema.additionalProperties as Schema, definitions);
  if (schema.properties) {
    const properties = Object.entries(schema.properties as Record<string, Schema>);
    kept.properties = Object.fromEntries(properties.map(([name, inner]) => [name, strict(inner, definitions)]));
    if (schema['x-kubernetes-preserve-unknown-fields'] !== true) kept.additionalProperties = false;
  }
  return kept;
}

function complete(schema: Schema, { group, version, kind }: Definition, meta: Schema): Schema {
  const properties = {
    ...(schema.properties as Schema),
    apiVersion: { enum: [group === '' ? version : `${group}/${version}`] },
    kind: { enum: [kind] },
    metadata: meta,
  };
  return { ...schema, properties, required: ['apiVersion', 'kind', 'metadata'] };
}

function write(definition: Definition, schema: Schema): void {
  const group = definition.group === '' ? '' : `-${definition.group.split('.')[0]}`;
  const file = `${definition.kind.toLowerCase()}${group}-${definition.version}.json`;
  writeFileSync(join(import.meta.dirname, 'schemas', file), `${JSON.stringify(schema)}\n`);
}

async function folderOf(module: string): Promise<string> {
  const printed = await execute(['go', 'mod', 'download', '-json', module], { cwd: '/' });
  return (JSON.parse(printed) as { Dir: string }).Dir;
}

mkdirSync(join(import.meta.dirname, 'schemas'), { recursive: true });
const swagger = join(await folderOf(kubernetes), 'api', 'openapi-spec', 'swagger.json');
const { definitions } = JSON.parse(readFileSync(swagger, 'utf8')) as { definitions: Record<string, Schema> };
const meta = strict({ $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }, definitions);
for (const name of builtIn) {
  const [kind = '', version = '', group = ''] = name.split('/').reverse();
  const is = (one: Definition) => one.kind === kind && one.version === version && one.group === group;
  const found = Object.values(definitions).find((one) =>
    (one['x-kubernetes-group-version-kind'] as Definition[] | undefined)?.some(is),
  );
  if (found === undefined) throw new Error(`${kubernetes} has no ${name}`);
  write({ group, version, kind }, complete(strict(found, definitions), { group, version, kind }, meta));
}
for (const [module, files] of Object.entries(custom)) {
  const folder = await folderOf(module);
  for (const file of files) {
    const { spec } = parse(readFileSync(join(folder, file), 'utf8'));
    for (const { name: version, schema } of spec.versions.slice(0, 1)) {
      const definition = { group: spec.group, version, kind: spec.names.kind };
      write(definition, complete(strict(schema.openAPIV3Schema, {}), definition, meta));
    }
  }
}
process.exit();
