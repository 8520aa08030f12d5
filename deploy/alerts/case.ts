/** Is a figure as Prometheus has it: its name and labels, and its values minute by minute, as promtool writes them. */
export type Series = [series: string, values: string];

/** Is an alert, what makes it fire once within some minutes, and what comes near and does not; an alert may have several. */
export interface AlertCase {
  alert: string;
  minutes: number;
  fires: Series[];
  stays: Series[];
}
