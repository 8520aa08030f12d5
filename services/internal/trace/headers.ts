const name = /^[\w!#$%&'*+.^`|~-]+$/;
// What a header may hold; a line break would begin another one.
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads headers as OpenTelemetry writes them, name=value with commas, percent-encoded; undefined when they are none. */
export function parseHeaders(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  const headers = pairs.map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, Math.max(0, at)).trim(), decoded(pair.slice(at + 1).trim())] as const;
  });
  const isWhole = headers.every(([key, text]) => name.test(key) && text !== undefined && value.test(text));
  return isWhole ? Object.fromEntries(headers.map(([key, text = '']) => [key, text])) : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
