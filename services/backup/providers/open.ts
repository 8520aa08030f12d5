import type { Provider } from './provider.ts';
import type { OpenProvider } from './settings.ts';

/** Opens providers; all are closed together. */
export function openProviders(opens: ReadonlyMap<string, OpenProvider>) {
  const providers = new Map<string, Provider>();
  for (const [name, open] of opens) providers.set(name, open());
  return {
    providers: providers as ReadonlyMap<string, Provider>,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([...providers.values()].map((provider) => provider[Symbol.asyncDispose]()));
    },
  };
}
