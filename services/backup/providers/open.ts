import type { Provider } from './provider.ts';
import type { ProviderPlace } from './settings.ts';

/** Opens providers; all are closed together. */
export function openProviders(places: ReadonlyMap<string, ProviderPlace>) {
  const providers = new Map<string, Provider>();
  for (const [name, place] of places) providers.set(name, place.open());
  return {
    providers: providers as ReadonlyMap<string, Provider>,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([...providers.values()].map((provider) => provider[Symbol.asyncDispose]()));
    },
  };
}
