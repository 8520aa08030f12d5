import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPresigner } from '../../../services/upload/presign.ts';
import { root } from '../../local/services.ts';
import { type Rendering, render } from './render.ts';

const production = ['--values', join(root, 'charts/kilat/ci/production-values.yaml')];
const presigns = 'config.UPLOAD_PRESIGNED_PERCENT=5';

const renderWith = (set: readonly string[]) => render([...production, ...set.flatMap((one) => ['--set', one])]);

function allowedBucket({ find }: Rendering): string {
  const { env } = find('Deployment/kilat-web').spec.template.spec.containers[0];
  return (env as { name: string; value: string }[]).find(({ name }) => name === 'BUCKET_ORIGIN')?.value ?? '';
}

/** Signs a part as target upload would with the settings that it is given. */
async function presignedOrigin({ find }: Rendering): Promise<string> {
  const { data } = find('ConfigMap/kilat-upload');
  using presigner = createPresigner({
    endpoint: data.S3_PUBLIC_ENDPOINT ?? data.S3_ENDPOINT,
    region: data.S3_REGION,
    bucket: data.S3_BUCKET,
    forcePathStyle: data.S3_FORCE_PATH_STYLE === 'true',
    ...{ accessKeyId: 'an-id', secretAccessKey: 'a-key' },
  });
  const upload = { id: 'u', eventId: 'e', photoId: 'p', length: 1, metadata: {}, multipartId: 'm' };
  const { url } = await presigner.part(upload as unknown as Parameters<typeof presigner.part>[0], 1);
  return new URL(url).origin;
}

const places: { set: string[]; origin: string }[] = [
  { set: [], origin: 'https://photos.s3.eu-central-1.amazonaws.com' },
  { set: ['s3.forcePathStyle=true'], origin: 'https://s3.eu-central-1.amazonaws.com' },
  { set: ['s3.bucket=my.photos'], origin: 'https://s3.eu-central-1.amazonaws.com' },
  ...Object.entries({
    'us-east-1': 'amazonaws.com',
    'cn-north-1': 'amazonaws.com.cn',
    'eusc-de-east-1': 'amazonaws.eu',
    'us-iso-east-1': 'c2s.ic.gov',
    'us-isob-east-1': 'sc2s.sgov.gov',
    'eu-isoe-west-1': 'cloud.adc-e.uk',
    'us-isof-south-1': 'csp.hci.ic.gov',
  }).map(([region, domain]) => ({ set: [`s3.region=${region}`], origin: `https://photos.s3.${region}.${domain}` })),
  { set: ['s3.endpoint=https://s3.example'], origin: 'https://photos.s3.example' },
  {
    set: ['s3.endpoint=https://s3.example', 's3.publicEndpoint=https://s3.public.example:9000/folder/'],
    origin: 'https://photos.s3.public.example:9000',
  },
  {
    set: ['s3.publicEndpoint=https://s3.public.example:9000', 's3.forcePathStyle=true'],
    origin: 'https://s3.public.example:9000',
  },
  { set: ['s3.publicEndpoint=http://192.0.2.7:9000'], origin: 'http://192.0.2.7:9000' },
  { set: ['s3.publicEndpoint=http://[2001:db8::1]:9000'], origin: 'http://[2001:db8::1]:9000' },
];

test.each(places)('pages may put photos where they are signed for: $origin with $set', async ({ set, origin }) => {
  const rendering = await renderWith([presigns, ...set]);
  expect(await presignedOrigin(rendering)).toBe(origin);
  expect(allowedBucket(rendering)).toBe(origin);
});

test.each(['config', 'targets.upload.config', 'targets.api.config'])(
  'pages may put photos into the bucket when %s says so, and not otherwise',
  async (values) => {
    const [on, off] = await Promise.all(
      [25, 0].map((percent) => renderWith([`${values}.UPLOAD_PRESIGNED_PERCENT=${percent}`])),
    );
    expect(allowedBucket(on as Rendering)).toBe('https://photos.s3.eu-central-1.amazonaws.com');
    expect(allowedBucket(off as Rendering)).toBe('');
  },
);
