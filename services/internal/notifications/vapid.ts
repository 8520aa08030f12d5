import { createECDH } from 'node:crypto';
import { deriveKey } from '../auth/token.ts';

/** Is the pair of keys by which push services know this install, as base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

/** Derives the install's push keys from its secret: nothing to keep, and a stolen database pushes nothing. */
export function vapidKeysOf(secret: string): VapidKeys {
  for (let n = 0; ; n++) {
    const curve = createECDH('prime256v1');
    try {
      curve.setPrivateKey(deriveKey(secret, `web-push ${n}`));
    } catch {
      continue; // One of 2^32 is no key of the curve: the next one is.
    }
    return {
      publicKey: curve.getPublicKey('base64url'),
      privateKey: curve.getPrivateKey('base64url').padStart(43, 'A'),
    };
  }
}
