/** Says where reports go, and of what they are. */
export interface ReportOptions {
  dsn: string | undefined;
  target: string;
  version: string;
  /** Is told once when the receiver does not take a report: its status, or the error. */
  onRefused?: ((why: { status: number } | { err: unknown }) => void) | undefined;
}

/** Takes what was logged as an error: its static message, and the error where there is one. Never throws, never waits. */
export type Report = (message: string, error: unknown) => void;

/** Is where reports are taken; undefined where nobody wants them. */
export interface Reporter extends AsyncDisposable {
  readonly report: Report | undefined;
}

/** Opens the way for reports of errors where there is one; what sends them is loaded only then. */
export async function openReporter({ dsn, ...whose }: ReportOptions): Promise<Reporter> {
  if (dsn === undefined) return { report: undefined, [Symbol.asyncDispose]: async () => {} };
  const { envelopeReporter } = await import('./envelope.ts');
  return envelopeReporter({ dsn, ...whose });
}
