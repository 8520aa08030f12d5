import { effect, main, pod, type Switch } from './switch.ts';

const upload = 'Deployment/kilat-upload';

/** Lists what the images' values do. */
export function ofImages(): Switch[] {
  return [
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
  ];
}
