import { networkInterfaces } from 'node:os';

// What virtual machines, containers and tunnels add is not how a guest's phone reaches us.
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|tun|tap|cni|flannel)/;

// The likeliest comes first.
function lanAddresses(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    .map(({ address }) => address)
    .sort((a, b) => Number(isPrivate(b)) - Number(isPrivate(a)));
}

/** Lists the origins under which an installation is reached; the first is the one to print. */
export function originsOf(
  options: { lan: boolean; tls: object | undefined; origin: string | undefined },
  port: number,
): string[] {
  const scheme = options.tls ? 'https' : 'http';
  const hosts = [...(options.lan ? lanAddresses() : []), '127.0.0.1', 'localhost'];
  const own = hosts.map((host) => new URL(`${scheme}://${host}:${port}`).origin);
  return options.origin ? [options.origin, ...own] : own;
}

function isPrivate(address: string): boolean {
  return /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(address);
}
