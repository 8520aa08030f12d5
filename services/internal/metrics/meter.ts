import { Counter, Gauge, Histogram, type Registry, secondsBuckets } from './metrics.ts';

/** Makes the figures of one target: their names begin with `kilat_<target>_`, their labels have few values, never an id. */
export interface Meter {
  readonly target: string;
  counter<Label extends string = never>(name: string, help: string, labelNames?: Label[]): Counter<Label>;
  /** Makes a gauge that says, whenever it is read, what `read` answers. */
  reading(name: string, help: string, read: () => number): void;
  gauge<Label extends string = never>(name: string, help: string, labelNames?: Label[]): Gauge<Label>;
  /** Makes a histogram of seconds. */
  seconds<Label extends string = never>(
    name: string,
    help: string,
    options?: { labelNames?: Label[]; buckets?: number[] },
  ): Histogram<Label>;
}

/** Makes a target's meter. */
export function meterOf(registry: Registry, target: string): Meter {
  const common = (name: string, help: string) => ({ name: `kilat_${target}_${name}`, help, registers: [registry] });
  return {
    target,
    counter: (name, help, labelNames = []) => new Counter({ ...common(name, help), labelNames }),
    gauge: (name, help, labelNames = []) => new Gauge({ ...common(name, help), labelNames }),
    reading: (name, help, read) => {
      new Gauge({
        ...common(name, help),
        collect() {
          this.set(read());
        },
      });
    },
    seconds: (name, help, { labelNames = [], buckets = secondsBuckets } = {}) =>
      new Histogram({ ...common(name, help), labelNames, buckets }),
  };
}
