import { expect, test } from 'vitest';
import { type Rendering, render } from './render.ts';
import { rendering } from './renderings.ts';

const off = (...names: string[]) => names.flatMap((name) => ['--set', `${name}.enabled=false`]);

function namesOf({ manifests }: Rendering): string[] {
  return manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

function doorRoutes({ find }: Rendering): string[] {
  const { env } = find('Deployment/kilat-door').spec.template.spec.containers[0];
  const { value } = (env as { name: string; value: string }[]).find(({ name }) => name === 'DOOR_ROUTES') ?? {};
  return (value ?? '').split(',').map((route) => route.split('=')[0] ?? '');
}

test('an Ingress with nothing behind it is not made', async () => {
  const way = ['--set', 'ingress.enabled=true'];
  const withoutPages = await render([...way, ...off('web', 'targets.media')]);
  expect(namesOf(withoutPages)).not.toContain('Ingress/kilat-pages');
  expect(withoutPages.find('Ingress/kilat-streams').spec.rules[0].http.paths).toHaveLength(3);
  const withoutStreams = await render([...way, ...off('targets.upload', 'targets.api', 'targets.live')]);
  expect(namesOf(withoutStreams)).not.toContain('Ingress/kilat-streams');
});

test('the door leads to what runs', async () => {
  expect(doorRoutes(rendering('default'))).toEqual(['/', '/api', '/files', '/live', '/media']);
  expect(doorRoutes(await render(off('web', 'targets.media')))).toEqual(['/api', '/files', '/live']);
});

test('an HTTPRoute leads to what runs', async () => {
  const gateway = ['--set', 'httpRoute.enabled=true,httpRoute.parentRefs[0].name=g'];
  const { spec } = (await render([...gateway, ...off('web', 'targets.media')])).find('HTTPRoute/kilat');
  expect(Object.keys(timeouts(spec))).toEqual(['/api', '/files', '/live']);
});

interface Rule {
  matches: { path: { value: string } }[];
  timeouts?: { request: string };
}

function timeouts({ rules }: { rules: Rule[] }): Record<string, string | undefined> {
  return Object.fromEntries(rules.map(({ matches, timeouts: own }) => [matches[0]?.path.value, own?.request]));
}

test('an HTTPRoute ends no upload, no stream and no download of an original', () => {
  expect(timeouts(rendering('httproute').find('HTTPRoute/kilat').spec as { rules: Rule[] })).toEqual({
    ...{ '/api': '0s', '/files': '0s', '/live': '0s', '/media': '0s' },
    '/': undefined,
  });
});

test.each(['api', 'upload', 'relay', 'live', 'thumbnail', 'media'])(
  'there is no test of a photo without target %s, which it would wait for',
  async (name) => {
    const names = namesOf(await render(off(`targets.${name}`)));
    expect(names.filter((one) => one.endsWith('kilat-test-photo'))).toEqual([]);
  },
);
