import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RecordedRequest,
  type RegistryOptions as SandboxOptions,
  startRegistry,
} from '../../src/sandbox/registry/registry.ts';
import { hasProgram, startDockerRegistry } from './docker-registry.ts';
import { playFault, type RegistryFault } from './registry-faults.ts';

export interface RegistryOptions extends Omit<SandboxOptions, 'plays'> {
  /** Asked for every request; what it answers goes wrong. */
  readonly fault?: (request: RecordedRequest) => RegistryFault | undefined;
}

export interface RunningRegistry {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string;
  readonly url: string;
  close(): Promise<void>;
}

export interface RegistryKind {
  readonly name: 'ours' | 'docker-registry';
  readonly available: boolean;
  /** For a test's title: the name, and what is missing where it isn't there. */
  readonly title: string;
  /** A fresh, empty one. */
  start(): Promise<RunningRegistry>;
}

/** Every registry that a client has to get on with: `describe.each(registries)('… $title', …)` with `skipIf`. */
export const registries: readonly RegistryKind[] = [
  { name: 'ours', available: true, title: "the sandbox's own registry", start: () => startOwnRegistry() },
  {
    name: 'docker-registry',
    available: hasProgram('docker-registry'),
    title: hasProgram('docker-registry')
      ? "Debian's docker-registry"
      : 'docker-registry [skipped: install the Debian package docker-registry]',
    start: () => startDockerRegistry(),
  },
];

/** The sandbox's registry in a temp folder, which goes when it is closed. */
export async function startOwnRegistry(
  options: Omit<RegistryOptions, 'dir'> = {},
): Promise<Awaited<ReturnType<typeof startRegistry>> & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-registry-'));
  const { fault, ...own } = options;
  const registry = await startRegistry({
    ...{ ...own, dir },
    plays: (exchange) => playFault(exchange, fault?.(exchange.request)),
  });
  return {
    ...registry,
    dir,
    close: async () => {
      await registry.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
