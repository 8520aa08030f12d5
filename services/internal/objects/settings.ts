import * as z from 'zod';
import { flag, required, text } from '../env/types.ts';
import type { ObjectsOptions } from './objects.ts';

/** Lists the settings of the object storage. */
export const objectSettings = {
  S3_ENDPOINT: z.url().optional().describe('URL of the S3 server; none for AWS itself'),
  S3_REGION: text('region of the bucket', 'us-east-1'),
  S3_BUCKET: text('bucket of originals and renditions', 'kilat'),
  S3_ACCESS_KEY_ID: required('access key id'),
  S3_SECRET_ACCESS_KEY: required('secret access key; or S3_SECRET_ACCESS_KEY_FILE'),
  S3_SYNC_FOLDER: z
    .string()
    .optional()
    .describe('folder of the buckets of an S3 server on this machine that does not sync by itself: we sync for it'),
  S3_SYNC_SIDECAR: z
    .string()
    .optional()
    .describe('folder of the attributes of its objects, where such a server keeps them in files of their own'),
  S3_FORCE_PATH_STYLE: flag('put the bucket in the path instead of the host name', true),
};

/** Lists the address that browsers put photos to, where it is another than ours. */
export const publicObjectSettings = {
  S3_PUBLIC_ENDPOINT: z.url().optional().describe('URL of the S3 server as browsers reach it; S3_ENDPOINT unless told'),
};

/** Makes the door's options of read settings. */
export function objectsOptions(read: {
  S3_ENDPOINT?: string | undefined;
  S3_REGION: string;
  S3_BUCKET: string;
  S3_ACCESS_KEY_ID: string;
  S3_SECRET_ACCESS_KEY: string;
  S3_SYNC_FOLDER?: string | undefined;
  S3_SYNC_SIDECAR?: string | undefined;
  S3_FORCE_PATH_STYLE: boolean;
}): ObjectsOptions {
  return {
    endpoint: read.S3_ENDPOINT,
    region: read.S3_REGION,
    bucket: read.S3_BUCKET,
    accessKeyId: read.S3_ACCESS_KEY_ID,
    secretAccessKey: read.S3_SECRET_ACCESS_KEY,
    forcePathStyle: read.S3_FORCE_PATH_STYLE,
    syncFolder: read.S3_SYNC_FOLDER,
    syncSidecar: read.S3_SYNC_SIDECAR,
  };
}
