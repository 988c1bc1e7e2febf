import { isEcrHost } from '../errors/ecr-host.ts';
import { TagboatError } from '../errors.ts';
import type { RegistryCredential, RegistryPlan } from '../plan.ts';
import { WireFailure } from '../wire/failure.ts';
import { createOciClient } from '../wire/oci/client.ts';
import type { ImageManifest } from '../wire/oci/manifest.ts';
import { isLoopback } from '../wire/oci/reference.ts';
import { registryError } from '../wire/oci/report.ts';
import type { Descriptor, ManifestBytes, OciClient } from '../wire/oci/types.ts';
import type { World } from '../wire/world.ts';

/** A registry with what is needed to speak to it. */
export interface Registry {
  readonly client: OciClient;
  /** Whether there are credentials for it. */
  readonly login: () => Promise<boolean>;
  readonly isEcr: boolean;
}

/** Where an image goes. */
export interface Destination {
  readonly registry: Registry;
  readonly repository: string;
  readonly tag: string;
}

/** The credential for a registry, the images' own and those of base images. Undefined: none, ask anonymously. */
export type CredentialFor = (registry: RegistryPlan) => Promise<RegistryCredential | undefined>;

/** The blobs that an image's repository has to have. What must not be handed on stays where its licence wants it. */
export function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const own = [config, ...layers].filter(({ mediaType }) => !/foreign|nondistributable/.test(mediaType));
  return [...new Map(own.map((blob) => [blob.digest, blob])).values()];
}

/** Opens registries by their plan, each once. */
export function openRegistries(world: World, credentialFor: CredentialFor): (plan: RegistryPlan) => Registry {
  const open = new Map<string, Registry>();
  return (plan) => {
    const key = `${plan.host} ${plan.insecure} ${plan.login}`;
    const found = open.get(key);
    if (found !== undefined) return found;
    const credential = () => credentialFor(plan);
    const { host, insecure } = plan;
    const registry = {
      client: createOciClient({ ...world, host, insecure, credential }),
      login: async () => (await credential().catch(() => undefined)) !== undefined,
      isEcr: plan.login === 'ecr' || isEcrHost(host),
    };
    open.set(key, registry);
    return registry;
  };
}

/** How to reach a base image's registry: as the image's own when it is the same host, else as Docker would. */
export function registryOf(host: string, own: RegistryPlan): RegistryPlan {
  return host === own.host ? own : { host, prefix: '', login: 'auto', insecure: isLoopback(host) };
}

/** What the registry has under the image's name now. Throws the registry's errors. */
export function taggedNow({ registry, repository, tag }: Destination): Promise<ManifestBytes | undefined> {
  return atRegistry(registry, repository, tag, () => registry.client.getManifest(repository, tag));
}

/** Runs `work` that reads; a registry's failure becomes the error that ends the build. */
export async function atRegistry<T>(
  registry: Registry,
  repository: string,
  reference: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const { host } = registry.client;
    throw registryError(error, { host, repository, reference, doing: 'pull', login: await registry.login() });
  }
}

/** Runs `work` that writes; a registry's failure becomes the error that ends the build. */
export async function toRegistry<T>(registry: Registry, repository: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Reading a base for the upload failed: that is the error, not the upload that it broke off.
    const inner = (error as { cause?: unknown }).cause;
    if (inner instanceof TagboatError) throw inner;
    if (!(error instanceof WireFailure)) throw error;
    const { client, isEcr: ecr } = registry;
    throw registryError(error, { host: client.host, repository, doing: 'push', login: await registry.login(), ecr });
  }
}
