import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../local/cache.ts';
import { execute } from '../local/program.ts';

const configs: Record<string, string> = {
  'containers.conf': `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
`,
  'storage.conf': `[storage]
driver = "overlay"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
`,
  'registries.conf': 'unqualified-search-registries = []\n',
  'policy.json': '{"default": [{"type": "insecureAcceptAnything"}]}\n',
};

/** Runs a program of Debian's packages in the room where images are made; it answers what was printed. */
export type Builder = (...command: string[]) => Promise<string>;

/** Makes the room in which images are built by podman; layers are kept in the user's cache between builds. */
export function createBuilder(debian: string): Builder {
  const room = cacheFolder('images');
  const folder = join(room, 'etc', 'containers');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(configs)) writeFileSync(join(folder, name), text);
  const enter = ['unshare', '--mount', join(import.meta.dirname, 'room.sh'), debian, room];
  return (...command) => execute([...enter, ...command]);
}
