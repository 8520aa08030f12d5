/**
 * The stock tus server with its stock S3 store, as its documentation sets it up, and one row a photo when an upload has
 * finished: what the same faults do to it stands beside ours in RESULTS.md.
 */
import { createServer } from 'node:http';
import { S3Store } from '@tus/s3-store';
import { Server } from '@tus/server';
import pg from 'pg';

const { PORT = '', DATABASE_URL = '', S3_ENDPOINT = '', S3_BUCKET = '' } = process.env;
const { S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '', S3_REGION = '' } = process.env;

const database = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
database.on('error', () => {});
await database.query('create table if not exists stock_photos (id text primary key, size bigint not null)');

const datastore = new S3Store({
  partSize: 8 * 1024 * 1024,
  s3ClientConfig: {
    bucket: S3_BUCKET,
    endpoint: S3_ENDPOINT,
    region: S3_REGION,
    forcePathStyle: true,
    requestStreamBufferSize: 65_536,
    credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
  },
});
const tus = new Server({
  path: '/files',
  datastore,
  async onUploadFinish(_req, upload) {
    await database.query('insert into stock_photos (id, size) values ($1, $2)', [upload.id, upload.size]);
    return {};
  },
});
createServer((req, res) => void tus.handle(req, res)).listen(Number(PORT), '127.0.0.1');
