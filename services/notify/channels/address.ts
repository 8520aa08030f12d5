import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** Tells whether an address is one of the public Internet: not private, loopback, link-local, metadata or reserved. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in IPv6 clothes is judged as what it is.
  return ipaddr.process(address).range() === 'unicast';
}

/** Is an address that a name stood for when it was looked at: the connection goes there and nowhere else. */
export interface Resolved {
  address: string;
  family: 4 | 6;
}

/** Resolves the host of a URL; undefined when any address of it is one that `allowed` does not let through. */
export async function resolveAllowed(
  host: string,
  allowed: (address: string) => boolean = isPublic,
): Promise<Resolved | undefined> {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const found = await lookup(bare, { all: true, order: 'ipv4first' });
  // Of a name that stands for an inner address too, somebody may choose which one is taken.
  if (found.length === 0 || !found.every(({ address }) => allowed(address))) return undefined;
  const [first] = found;
  return first && { address: first.address, family: first.family === 6 ? 6 : 4 };
}
