import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../deploy/local/port.ts';
import { startNats } from '../../deploy/local/servers/nats.ts';
import { runCommand, startServices } from '../../deploy/local/services.ts';
import { freshBucket, freshDatabase, temporaryFolder, testServers } from '../../deploy/local/testing.ts';

/** Is a whole install of real processes, on servers of its own database, bucket and nats-server. */
export interface Install extends AsyncDisposable {
  api: string;
  files: string;
  live: string;
  media: string;
  bucket: string;
  databaseUrl: string;
  logFile: string;
  /** Kills the services without warning and starts them again. */
  crash(): Promise<void>;
  /** Signs the owner in and gives the cookie. */
  signIn(): Promise<string>;
}

/** Starts an install; `s3` names the S3 server that the services see, if not the shared one. */
export async function startInstall(options: { s3?: string; env?: Record<string, string> } = {}): Promise<Install> {
  const dataDir = temporaryFolder();
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const nats = await startNats({ dataDir });
  const [databaseUrl, bucket, ports] = [await freshDatabase(), freshBucket(), await freePorts()];
  const shared = testServers();
  const env = {
    ...process.env,
    ...shared,
    ...nats.env,
    DATABASE_URL: databaseUrl,
    S3_BUCKET: bucket,
    S3_ENDPOINT: options.s3 ?? shared.S3_ENDPOINT,
    KILAT_SECRET: 'a secret for tests of at least 32 characters',
    SPOOL_DIR: join(dataDir, 'spool'),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`${name}_LISTEN`, `127.0.0.1:${port}`])),
    ...options.env,
  };
  await runCommand('migrate', env);
  let services = await startServices(env, dataDir);
  const api = `http://127.0.0.1:${ports.API}`;
  return {
    api,
    files: `http://127.0.0.1:${ports.UPLOAD}/files`,
    live: `http://127.0.0.1:${ports.LIVE}`,
    media: `http://127.0.0.1:${ports.MEDIA}`,
    bucket,
    databaseUrl,
    logFile: services.logFile,
    async crash() {
      services.kill('SIGKILL');
      await services.exited;
      services = await startServices(env, dataDir);
    },
    async signIn() {
      const [, token = ''] = (await runCommand('owner-link', env)).split('#');
      return cookieOf(await post(`${api}/api/sign-in`, { token }));
    },
    async [Symbol.asyncDispose]() {
      await services.stop();
      await nats.stop();
    },
  };
}

async function freePorts() {
  return {
    UPLOAD: await freePort(),
    API: await freePort(),
    LIVE: await freePort(),
    MEDIA: await freePort(),
    ADMIN: await freePort(),
  };
}

/** Posts JSON; throws when it is refused. */
export async function post(url: string, body: object, cookie = ''): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Gives the cookie that an answer sets. */
export function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
