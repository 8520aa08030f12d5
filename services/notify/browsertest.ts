import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import type { PushNews } from '@kilat/contract';

/** Is a browser's side of a push subscription. */
export interface Browser {
  readonly keys: { p256dh: string; auth: string };
  /** Reads a message that was encrypted for this browser, as RFC 8291 has it. */
  read(body: Buffer): PushNews;
}

/** Makes a browser with keys of its own. */
export function openBrowser(): Browser {
  const curve = createECDH('prime256v1');
  const [own, auth] = [curve.generateKeys(), randomBytes(16)];
  return {
    keys: { p256dh: own.toString('base64url'), auth: auth.toString('base64url') },
    read(body) {
      const [salt, length] = [body.subarray(0, 16), body[20] ?? 0];
      const sender = body.subarray(21, 21 + length);
      const shared = curve.computeSecret(sender);
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), own, sender]);
      const input = Buffer.from(hkdfSync('sha256', shared, auth, info, 32));
      const key = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: aes128gcm\0', 16));
      const nonce = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: nonce\0', 12));
      const record = body.subarray(21 + length);
      const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16));
      const text = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]).toString();
      return JSON.parse(text.slice(0, text.lastIndexOf('\u0002')));
    },
  };
}
