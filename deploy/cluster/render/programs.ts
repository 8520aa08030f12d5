import { goInstall } from '../../local/bring.ts';
import { type Binary, resolveBinary } from '../../local/resolve.ts';

const waysOut = 'It is built with Go 1.26 or newer, which must reach a proxy of Go modules.';

function built(name: string, version: string, module: string): Binary {
  // What one version of it renders or refuses, another may not: none is taken from PATH.
  return { name, version, minimum: version, programs: [], bring: goInstall(module, name), waysOut };
}

/** Names the programs that the chart is checked by, as they are known and brought. */
export const renderPrograms = {
  helm: built('helm', '3.22.0', 'helm.sh/helm/v3/cmd/helm@v3.22.0'),
  kubeconform: built('kubeconform', '0.8.0', 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'),
  starlark: built('starlark', '20260908', 'go.starlark.net/cmd/starlark@v0.0.0-20260908191801-89a6a09411d5'),
};

/** Brings them all into the user's cache; helm takes minutes, once. */
export async function bringRenderPrograms(): Promise<void> {
  for (const program of Object.values(renderPrograms)) await resolveBinary(program);
}
