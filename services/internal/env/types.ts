import * as z from 'zod';

/** Makes a setting that is a whole number within a range. */
export function wholeNumber(description: string, options: { default: number; min: number; max: number }) {
  return z.coerce.number().int().min(options.min).max(options.max).default(options.default).describe(description);
}

/** Makes a setting that is a text with a default. */
export function text(description: string, fallback: string) {
  return z.string().min(1).default(fallback).describe(description);
}

/** Makes a setting that is a required text. */
export function required(description: string) {
  return z.string().min(1).describe(description);
}

/** Makes a setting that is `true` or `false`. */
export function flag(description: string, fallback: boolean) {
  return z.stringbool().default(fallback).describe(description);
}

/** Makes a setting that is an address to listen on, `host:port`; port 0 takes a free one. */
export function listenAddress(description: string, fallback: string) {
  return z
    .string()
    .regex(/^[^\s]+:\d{1,5}$/)
    .default(fallback)
    .transform((address) => ({
      host: address.slice(0, address.lastIndexOf(':')),
      port: Number(address.slice(address.lastIndexOf(':') + 1)),
      toString: () => address,
    }))
    .describe(description);
}

/** Names a host and a port to listen on. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** Makes a setting that is a comma-separated list. */
export function list(description: string) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .describe(description);
}
