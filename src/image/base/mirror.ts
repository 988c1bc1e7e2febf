import { emitNotice } from '../../events.ts';
import type { ImagePlan, RegistryPlan } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import { createOciClient } from '../../wire/oci/client.ts';
import { isLoopback } from '../../wire/oci/reference.ts';
import type { OciClient } from '../../wire/oci/types.ts';
import { type Registry, registryOf } from '../registry.ts';
import type { ImageRun } from '../run.ts';

/** Names mirrors of Docker Hub, with commas between: hosts or URLs, as `registry-mirrors` of Docker's daemon has them. */
const variable = 'TAGBOAT_DOCKER_HUB_MIRROR';
const hub = 'docker.io';

interface Mirror {
  readonly name: string;
  readonly client: OciClient;
  /** What stands before a repository's name there: some keep several registries apart by that. */
  readonly prefix: string;
}

/**
 * The registry that a host's images are read from, for bases: of Docker Hub its mirrors are asked first, where there are
 * some, and Docker Hub itself for what none of them has. What a digest names is held against that digest, whoever sends it.
 */
export function baseRegistry(run: ImageRun, image: ImagePlan, host: string): Promise<Registry> {
  const own = run.registry(registryOf(host, image.registry));
  const { [variable]: named = '' } = run.world.env;
  if (host !== hub || named === '') return Promise.resolve(own);
  return run.once(`mirrors of Docker Hub, ${image.registry.host}`, async () => {
    const mirrors = named.split(',').flatMap((one) => mirrorNamed(one.trim(), run));
    return { ...own, client: mirrored(own.client, mirrors, run) };
  });
}

function mirrorNamed(text: string, run: ImageRun): readonly Mirror[] {
  if (text === '') return [];
  const address = text.includes('://') ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    warn(run, `${variable} names ${text}, which is no address of a registry, so it isn't asked.`);
    return [];
  }
  const insecure = url.protocol === 'http:' || (isLoopback(url.host) && !text.includes('://'));
  const plan: RegistryPlan = { host: url.host, prefix: '', login: 'auto', insecure };
  const prefix = url.pathname.replace(/^\/(?:v2\/?)?/, '').replace(/([^/])\/*$/, '$1/');
  const { host } = url;
  // Docker Hub is there for what it doesn't answer at once.
  const client = createOciClient({ ...run.world, host, insecure, credential: () => run.credential(plan), maxTries: 2 });
  return [{ name: text, client, prefix }];
}

/** A client that asks the mirrors before the registry. One that fails is told of, and not asked again in this run. */
function mirrored(own: OciClient, mirrors: readonly Mirror[], run: ImageRun): OciClient {
  const failed = new Set<Mirror>();
  const ask = async <T>(repository: string, work: (client: OciClient, at: string) => Promise<T | undefined>) => {
    for (const mirror of mirrors) {
      if (failed.has(mirror)) continue;
      try {
        const found = await work(mirror.client, `${mirror.prefix}${repository}`);
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof WireFailure)) throw error;
        if (error.status === 404) continue;
        if (!failed.has(mirror))
          warn(
            run,
            `${mirror.name} was asked for Docker Hub's images and failed (${saidOf(error)}): Docker Hub is asked instead.`,
          );
        failed.add(mirror);
      }
    }
    return undefined;
  };
  return {
    ...own,
    headManifest: async (repository, reference) =>
      (await ask(repository, (client, at) => client.headManifest(at, reference))) ??
      own.headManifest(repository, reference),
    getManifest: async (repository, reference) =>
      (await ask(repository, (client, at) => client.getManifest(at, reference))) ??
      own.getManifest(repository, reference),
    getBlob: async (repository, blob) =>
      (await ask(repository, (client, at) => client.getBlob(at, blob))) ?? own.getBlob(repository, blob),
  };
}

function saidOf({ peerCode, status, kind }: WireFailure): string | number {
  return peerCode ?? status ?? kind;
}

function warn({ emit }: ImageRun, message: string): void {
  emitNotice(emit, 'warning', 'build', 'MIRROR_FAILED', {}, message);
}
