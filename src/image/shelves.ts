import type { RegistryCredential, RegistryPlan, Source } from '../plan.ts';
import { createOciClient } from '../wire/oci/client.ts';
import { isLoopback } from '../wire/oci/reference.ts';
import type { Secret } from '../wire/secret.ts';
import type { World } from '../wire/world.ts';
import type { Shelf } from './base/base.ts';

/** What every image of a run is built with. Keep one for the run: what was found out for one image serves the others. */
export interface BuildContext {
  readonly source: Source;
  /** The credential for a registry, the images' own and those of base images. Undefined: none, ask anonymously. */
  readonly credential: (registry: RegistryPlan) => Promise<RegistryCredential | undefined>;
  /** The job's identity for an audience, as a token of its OpenID Connect issuer. Absent: there is none. */
  readonly identity?: (audience: string) => Promise<Secret>;
  /** Builds whatever is there already, under the tag or under the fingerprint. */
  readonly rebuild?: boolean;
}

/** Registries by their plan. */
export type Shelves = (registry: RegistryPlan) => Shelf;

/** Clients for registries, one for each host. */
export function createShelves(world: World, context: BuildContext): Shelves {
  const open = new Map<string, Shelf>();
  return (registry) => {
    const key = `${registry.host} ${registry.insecure} ${registry.login}`;
    const found = open.get(key);
    if (found !== undefined) return found;
    const credential = async () => {
      const known = await context.credential(registry);
      if (known !== undefined) world.mask(known.password.reveal());
      return known;
    };
    const { http, clock, random, signal, mask } = world;
    const { host, insecure } = registry;
    const shelf = {
      client: createOciClient({ http, clock, random, signal, host, insecure, credential, mask }),
      login: async () => (await credential().catch(() => undefined)) !== undefined,
    };
    open.set(key, shelf);
    return shelf;
  };
}

/** How to reach a base image's registry: as the image's own when it is the same host, else as Docker would. */
export function registryOf(host: string, own: RegistryPlan): RegistryPlan {
  return host === own.host ? own : { host, prefix: '', login: 'auto', insecure: isLoopback(host) };
}
