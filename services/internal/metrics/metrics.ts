import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/** Makes a registry with the process's own figures in it, among them which targets of which version it runs. */
export function openMetrics(targets: readonly string[], version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'kilat_process_' });
  const info = new Gauge({
    name: 'kilat_process_info',
    help: 'Targets that this process runs, and their version',
    labelNames: ['name', 'version'],
    registers: [registry],
  });
  for (const name of targets) info.set({ name, version }, 1);
  return registry;
}

/** Lists bucket bounds in seconds for what should take from milliseconds to a minute. */
export const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
