import { effect, type Switch } from './switch.ts';

const ingress = 'Ingress/kilat-streams';
const nginx = 'metadata.annotations.nginx=ingress=kubernetes=io';
const ours = {
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'kilat', 'app.kubernetes.io/instance': 'kilat' } },
};

/** Lists what the values do that say who may come in, and go out. */
export function ofWays(): Switch[] {
  return [
    effect('ingress.enabled', 'default', ingress),
    effect('ingress.enabled', 'production', ingress, 'kind', 'Ingress'),
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
    effect('httpRoute.enabled', 'httproute', 'HTTPRoute/kilat', 'kind', 'HTTPRoute'),
    effect('httpRoute.parentRefs', 'httproute', 'HTTPRoute/kilat', 'spec.parentRefs.0.sectionName', 'https'),
    effect('httpRoute.hostnames', 'httproute', 'HTTPRoute/kilat', 'spec.hostnames', [
      'photos.example.com',
      'pictures.example.com',
    ]),
    effect('httpRoute.annotations', 'httproute', 'HTTPRoute/kilat', 'metadata.annotations.example=com/note', 'routed'),
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
    effect('networkPolicy.egress.enabled', 'egress', 'NetworkPolicy/kilat-egress', 'spec.policyTypes', ['Egress']),
    effect('networkPolicy.egress.to', 'egress', 'NetworkPolicy/kilat-egress', 'spec.egress.2.ports.0.port', 465),
  ];
}
