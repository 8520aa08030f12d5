import { expect, test } from 'vitest';
import { type Rendering, render } from './render.ts';
import { rendering } from './renderings.ts';

const alerts = ['metrics.prometheusRule.enabled=true', 'metrics.prometheusRule.runbooks=https://runbooks.example/'];

function withAlerts(...set: string[]): Promise<Rendering> {
  return render([...alerts, ...set].flatMap((one) => ['--set', one]));
}

function expressions({ find }: Rendering): string[] {
  const { groups } = find('PrometheusRule/kilat').spec as { groups: { rules: { expr: string }[] }[] };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

function patternIn(rendered: Rendering, matcher: RegExp): string | undefined {
  return expressions(rendered)
    .map((expr) => matcher.exec(expr)?.[1])
    .find((pattern) => pattern !== undefined);
}

test('rules look at the namespace of their release, and nothing in them is left to fill in', () => {
  for (const expr of expressions(rendering('production'))) {
    expect(expr).toContain('namespace="photos"');
    expect(expr).not.toMatch(/="\$[a-z]/);
    expect(expr).not.toMatch(/~"\$[a-z]/);
  }
});

test('every Deployment of a release is looked at', () => {
  for (const variant of ['production', 'monitoring']) {
    const pattern = patternIn(rendering(variant), /deployment=~"([^"]+)"/);
    const names = rendering(variant).manifests.flatMap(({ kind, metadata }) =>
      kind === 'Deployment' ? [metadata.name] : [],
    );
    expect(names.filter((name) => !new RegExp(`^(?:${pattern})$`).test(name))).toEqual([]);
  }
});

const scaled = (target: string, least: number) =>
  ['enabled=true', 'by=keda', `minReplicas=${least}`].map((one) => `targets.${target}.autoscaling.${one}`);

test.each([
  { name: 'all that run', set: [], targets: 'api|live|media|notify|relay|thumbnail|upload' },
  { name: 'none that scales to none', set: scaled('notify', 0), targets: 'api|live|media|relay|thumbnail|upload' },
  {
    name: 'one that scales and keeps one',
    set: scaled('notify', 1),
    targets: 'api|live|media|notify|relay|thumbnail|upload',
  },
  {
    name: 'none that is set to none by hand',
    set: ['targets.media.replicas=0'],
    targets: 'api|live|notify|relay|thumbnail|upload',
  },
])('a target that is gone is missed: $name', async ({ set, targets }) => {
  expect(patternIn(await withAlerts(...set), /kilat_process_info\{[^}]*name=~"([^"]*)"/)).toBe(targets);
});
