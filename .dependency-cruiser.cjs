// The boundaries of the layout, each with the reason that a person who meets it is told.
const targets = 'upload|api|live|media|relay|thumbnail|backup|notify|embed';
const tests = String.raw`\.test\.ts$|\.e2e\.ts$|[a-z]test\.ts$|^services/(faults|bench)/`;
const npm = (names) => `node_modules/(${names})/`;

/** Makes the rule that a driver is used behind one door only; tests may look behind it. */
const door = (name, packages, inside) => ({
  name: `one-door-to-${name}`,
  comment: `A driver lives behind one door: ${packages.replaceAll('|', ', ')} may be imported in ${inside} only.`,
  severity: 'error',
  from: { path: '^services/', pathNot: `${inside}|${tests}` },
  to: { path: npm(packages) },
});

const forbidden = [
  {
    name: 'targets-are-islands',
    comment: 'A service never imports another service: they meet in the journal, in S3 and in services/internal.',
    from: { path: `^services/(${targets})/` },
    to: { path: `^services/(${targets})/`, pathNot: '^services/$1/' },
  },
  {
    name: 'internal-knows-no-target',
    comment: 'What is internal serves all targets, so it knows none, nor the entry points.',
    from: { path: '^services/internal/' },
    to: { path: String.raw`^services/((${targets})/|[^/]+\.ts$)` },
  },
  {
    name: 'targets-know-no-entry-point',
    comment: 'The process is handed down by main.ts; nothing reaches up for it.',
    from: { path: `^services/(${targets})/`, pathNot: tests },
    to: { path: String.raw`^services/[^/]+\.ts$` },
  },
  {
    name: 'internal-is-for-services',
    comment: 'Only services may import what is internal to them.',
    from: { path: '^(web|loadtests|deploy|services/contract)/' },
    to: { path: '^services/internal/' },
  },
  {
    name: 'only-the-contract-leaves-services',
    comment: 'Web and load tests know @kilat/contract and nothing else of the services.',
    from: { path: '^(web|loadtests)/' },
    to: { path: '^services/', pathNot: '^services/contract/' },
  },
  {
    name: 'contract-stands-alone',
    comment: 'The contract runs in browsers and in k6: it imports itself and zod.',
    from: { path: '^services/contract/', pathNot: tests },
    to: { pathNot: `^services/contract/|${npm('zod')}` },
  },
  {
    name: 'contract-tests-stay-home',
    comment: 'Also the tests of the contract know nothing of the services.',
    from: { path: '^services/contract/' },
    to: { path: '^services/', pathNot: '^services/contract/' },
  },
  {
    name: 'entry-points-are-not-imported',
    comment: 'Benchmarks and fault tests are entry points.',
    from: { pathNot: '^services/(bench|faults)/' },
    to: { path: '^services/(bench|faults)/' },
  },
  {
    name: 'doubles-are-for-tests',
    comment: 'A nountest.ts stands in for something in tests only.',
    from: { pathNot: tests },
    to: { path: String.raw`^services/.*[a-z]test\.ts$` },
  },
  door('nats', '@nats-io/[^/]+', '^services/internal/bus/'),
  door(
    'postgres',
    '@mikro-orm/[^/]+|pg|pg-copy-streams|kysely',
    String.raw`^services/internal/(database/|[^/]+/store\.ts$)`,
  ),
  door('s3', '@aws-sdk/[^/]+|@smithy/[^/]+|@tus/s3-store', '^services/(internal/objects|upload)/'),
  door('sharp', 'sharp', String.raw`^services/thumbnail/render\.ts$`),
  door('redis', 'ioredis', '^services/internal/(limit|cache)/'),
  door('traces', '@opentelemetry/[^/]+', '^services/internal/trace/'),
  {
    name: 'no-cycles',
    comment: 'Two files that need each other are one file, or lack a third.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'every-import-is-there',
    comment: 'An import that leads nowhere is a mistake in a path or in a package.json.',
    from: { path: '^(services|deploy)/' },
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: String.raw`(^|/)(build|\.svelte-kit|dist)/` },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
