import { entry, exitCodes, proxyEntry } from './codes.ts';
import { isEcrHost } from './ecr-host.ts';

const { credentials, registry } = exitCodes;

export interface RegistryPlace {
  /** As in image names. */
  readonly host: string;
  readonly repository: string | undefined;
}

const where = ({ host, repository }: RegistryPlace) => (repository === undefined ? host : `${host}/${repository}`);
const access = { pull: 'read', push: 'write' } as const;
const status = 'See whether it is a known outage on its status page; run again once it is over.';

/** What a registry refuses, lacks or gets wrong. The peer's own words stand beside the message. */
export const registryErrors = {
  REGISTRY_AUTH_REFUSED: entry<RegistryPlace & { login: boolean }>(
    credentials,
    ({ host, login }) =>
      login ? `${host} refused the credentials.` : `${host} wants credentials, and there are none.`,
    ({ host, login }) =>
      isEcrHost(host)
        ? "Check aws.role and aws.region in tagboat.yaml: the registry's account and region have to be the role's."
        : login
          ? 'Log in again (`docker login`), or give the job a token that is still valid.'
          : `Set \`login:\` of that registry in tagboat.yaml, or log in with \`docker login ${host}\`.`,
  ),
  REGISTRY_FORBIDDEN: entry<RegistryPlace & { doing: 'pull' | 'push' }>(
    credentials,
    (data) => `${data.host} doesn't let these credentials ${data.doing} ${data.repository ?? 'anything'}.`,
    ({ host, repository, doing }) =>
      isEcrHost(host)
        ? `Give the role the ECR ${doing} permissions on the repository ${repository}, and ecr:GetAuthorizationToken on *.`
        : host === 'ghcr.io'
          ? `Give the job \`permissions: packages: ${access[doing]}\`, and the package access for this repository in its settings.`
          : doing === 'push'
            ? `Give the account write access to ${repository ?? 'the repository'}, or correct its name in tagboat.yaml.`
            : `Give the account read access to ${repository ?? 'the repository'}, or correct the image's name.`,
  ),
  REPOSITORY_NOT_FOUND: entry<RegistryPlace>(
    registry,
    (data) => `There is no repository ${data.repository} at ${data.host}.`,
    ({ host, repository }) =>
      isEcrHost(host)
        ? `Make it (aws ecr create-repository --repository-name ${repository}), or correct its name in tagboat.yaml.`
        : 'Make it there first, or correct its name in tagboat.yaml.',
  ),
  MANIFEST_NOT_FOUND: entry<RegistryPlace & { reference: string }>(
    registry,
    (data) => `${where(data)} has no image ${data.reference}.`,
    'Check the tag or digest: the registry was reached and knows no such image.',
  ),
  IMAGE_NOT_FOUND: entry<{ image: string; reference: string }>(
    registry,
    ({ image, reference }) => `${image} is to be taken as ${reference}, and its registry has no such image.`,
    'Let the step that builds and pushes it come before this one, and check name and tag. Many registries answer the same when the login may not read it.',
  ),
  IMAGE_PLATFORM_MISSING: entry<{ image: string; reference: string; platform: string; available: readonly string[] }>(
    registry,
    ({ image, reference, platform }) => `${image} is to be taken as ${reference}, which isn't there for ${platform}.`,
    ({ available }) =>
      `It is there for ${available.length === 0 ? 'no platform it names' : available.join(', ')}: build it for the others too, or change \`platforms:\`.`,
  ),
  BLOB_NOT_FOUND: entry<RegistryPlace>(
    registry,
    (data) => `${where(data)} has an image whose parts are missing.`,
    'Build and push that image again; a clean-up may have taken its layers.',
  ),
  TAG_IMMUTABLE: entry<RegistryPlace & { tag: string; held: string }>(
    registry,
    (data) => `The tag ${data.tag} in ${where(data)} is immutable and means another image already, ${data.held}.`,
    'The same commit gave another image. Use that one, commit again for a new tag, or add to `tag:` in tagboat.yaml ' +
      'what makes it different.',
  ),
  TAG_LIMIT: entry<RegistryPlace & { tag: string; digest: string }>(
    registry,
    (data) =>
      `${where(data)} lets these credentials push, but not give ${data.digest} the tag ${data.tag}: most likely it has ` +
      'the 1,000 tags that ECR allows an image.',
    ({ repository }) =>
      '`tagboat doctor` counts them. Delete old ones (aws ecr batch-delete-image ' +
      `--repository-name ${repository} --image-ids imageTag=…): a lifecycle rule deletes whole images only. ` +
      'Any change of the image makes a fresh one, without tags.',
  ),
  TAG_REFUSED: entry<RegistryPlace & { tag: string }>(
    registry,
    (data) => `${where(data)} takes the image, but not under the tag ${data.tag}.`,
    'These credentials may push: look for a rule about tags there (protected, immutable, too many of one image).',
  ),
  REGISTRY_RATE_LIMITED: entry<RegistryPlace & { seconds: number | undefined }>(
    registry,
    ({ host, seconds }) =>
      `${host} answers that there are too many requests${seconds === undefined ? '' : `, and to wait ${seconds} s`}.`,
    ({ host }) =>
      host === 'docker.io'
        ? 'Log in to Docker Hub, which allows more, or name a mirror in TAGBOAT_DOCKER_HUB_MIRROR.'
        : 'Wait and run again; fewer images at once (`--jobs`) ask less of it.',
  ),
  REGISTRY_SERVER_ERROR: entry<RegistryPlace & { status: number }>(
    registry,
    (data) => `${data.host} answered ${data.status}, a fault of its own, also when asked again.`,
    () => status,
  ),
  REGISTRY_STORAGE_FULL: entry<RegistryPlace>(
    registry,
    ({ host }) => `${host} has no space left.`,
    'Make space in the registry: delete images that nothing runs, or give it a larger disk.',
  ),
  REGISTRY_PROXY_REFUSED: proxyEntry<RegistryPlace>(registry, ({ host }) => host),
  REGISTRY_REFUSED: entry<RegistryPlace & { status: number; code: string | undefined; by?: string | undefined }>(
    registry,
    (data) =>
      data.by === undefined
        ? `${where(data)} refused the request: ${data.code ?? data.status}.`
        : `${data.host} leads to ${data.by}, which refused the request: ${data.code ?? data.status}.`,
    "The registry's own words say what it doesn't accept.",
  ),
  REGISTRY_UNREACHABLE: entry<RegistryPlace>(
    registry,
    ({ host }) => `${host} can't be reached.`,
    'Check the name and port of the registry in tagboat.yaml, the network, and the proxy variables.',
  ),
  REGISTRY_UNTRUSTED: entry<RegistryPlace>(
    registry,
    ({ host }) => `The certificate of ${host} isn't trusted.`,
    "Name your own CA's certificate file in TAGBOAT_CA_FILE; set `insecure: true` only for a registry without TLS.",
  ),
  REGISTRY_TIMEOUT: entry<RegistryPlace>(
    registry,
    ({ host }) => `${host} was asked and stayed silent.`,
    () => status,
  ),
  REGISTRY_CUT: entry<RegistryPlace>(
    registry,
    ({ host }) => `The connection to ${host} ended too early, again and again.`,
    'Look for a proxy or load balancer on the way that limits size or time; then run again.',
  ),
  REGISTRY_MALFORMED: entry<RegistryPlace & { what: string }>(
    registry,
    ({ host, what }) => `${host} doesn't answer as a registry does: ${what}.`,
    'Check the host in tagboat.yaml, and whether a proxy or login page answers in its place.',
  ),
  BLOB_MISMATCH: entry<RegistryPlace & { digest: string }>(
    registry,
    (data) => `The content of ${data.digest} in ${where(data)} isn't what its digest says.`,
    'Nothing of it was used. Run again; if it stays, the stored copy is damaged: push that image again.',
  ),
} as const;
