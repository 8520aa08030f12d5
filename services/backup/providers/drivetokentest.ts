import { createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import * as z from 'zod';
import type { Answer } from './drivestoretest.ts';

const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const driveScope = 'https://www.googleapis.com/auth/drive';
const email = 'copies@kilat-test.iam.gserviceaccount.com';
const Header = z.object({ alg: z.literal('RS256'), typ: z.literal('JWT'), kid: z.string().optional() });
const Claims = z.object({
  ...{ iss: z.string(), scope: z.string(), aud: z.string(), iat: z.number(), exp: z.number() },
  sub: z.string().optional(),
});

// Making one takes longer than most tests.
let pem: string | Buffer | undefined;

/** Stands in for Google's token endpoint: it gives tokens to who signs with the account's key, and knows them again. */
export interface TokenOffice {
  /** Is the text of the service account's key file. */
  keyText(tokenUri: string): string;
  answer(body: string, tokenUri: string): Answer;
  isGood(authorization: string | undefined): boolean;
  /** Withdraws all tokens. */
  revoke(): void;
  /** Is how long the next tokens live. */
  lifetimeSeconds: number;
  /** Are those in whose name the account may act. */
  delegates: Set<string>;
}

/** Opens a token endpoint. */
export function createTokenOffice(): TokenOffice {
  pem ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const publicKey = createPublicKey(pem);
  const keyId = randomUUID();
  const tokens = new Map<string, number>();
  const office: TokenOffice = {
    lifetimeSeconds: 3600,
    delegates: new Set(),
    keyText: (tokenUri) =>
      JSON.stringify({
        ...{ type: 'service_account', project_id: 'kilat-test', private_key_id: keyId, private_key: pem },
        ...{ client_email: email, token_uri: tokenUri },
      }),
    answer(body, tokenUri) {
      const form = new URLSearchParams(body);
      if (form.get('grant_type') !== grant) return denial('unsupported_grant_type');
      const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
      const signed = Buffer.from(`${header}.${claims}`);
      if (!verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'))) return denial('invalid_grant');
      const refused = problemOf(header, claims, { tokenUri, keyId, delegates: office.delegates });
      if (refused !== undefined) return denial(refused);
      const token = `ya29.${randomUUID()}`;
      tokens.set(token, Date.now() + office.lifetimeSeconds * 1000);
      return { status: 200, json: { access_token: token, expires_in: office.lifetimeSeconds, token_type: 'Bearer' } };
    },
    isGood: (authorization = '') => (tokens.get(authorization.replace(/^Bearer /, '')) ?? 0) > Date.now(),
    revoke: () => tokens.clear(),
  };
  return office;
}

function problemOf(
  header: string,
  claims: string,
  want: { tokenUri: string; keyId: string; delegates: Set<string> },
): string | undefined {
  const [head, claim] = [Header.safeParse(decoded(header)), Claims.safeParse(decoded(claims))];
  if (!head.success || !claim.success || head.data.kid !== want.keyId) return 'invalid_grant';
  const { iss, scope, aud, iat, exp, sub } = claim.data;
  const now = Date.now() / 1000;
  const short = iat <= now + 60 && exp > now && exp - iat <= 3600;
  if (iss !== email || aud !== want.tokenUri || !short) return 'invalid_grant';
  if (sub !== undefined && !want.delegates.has(sub)) return 'unauthorized_client';
  return scope.split(' ').includes(driveScope) ? undefined : 'invalid_scope';
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function denial(error: string): Answer {
  return { status: 400, json: { error, error_description: 'It was not taken.' } };
}
