import { TagboatError } from '../../errors.ts';
import type { RegistryPlan } from '../../plan.ts';
import { isLoopback } from '../../wire/oci/reference.ts';
import type { Env } from '../../wire/world.ts';

const what = {
  ecr: {
    label: 'An ECR password',
    hint: "Write the registry's own name (ACCOUNT.dkr.ecr.REGION.amazonaws.com). If this host leads to ECR, name it in TAGBOAT_ECR_HOST.",
  },
  listed: { label: 'TAGBOAT_REGISTRY_PASSWORD', hint: 'Name the host in TAGBOAT_REGISTRY_HOST.' },
  google: { label: "Google's access token", hint: 'Write the host of Artifact Registry, LOCATION-docker.pkg.dev.' },
  acr: { label: "A registry's token of Azure", hint: "Write the registry's own name, NAME.azurecr.io." },
  ghcr: {
    label: 'GITHUB_TOKEN',
    hint: "`login: ghcr` is for ghcr.io and an enterprise server's own registry. Use `docker login` and `login: docker` for others.",
  },
} as const;

/**
 * Refuses to send what the job has for a cloud or GitHub to a host that is none of theirs: tagboat.yaml names the host, and
 * a pull request may change tagboat.yaml. `known`: its name says whose it is. Throws TOKEN_ELSEWHERE.
 */
export function checkDestination(
  { host, insecure }: RegistryPlan,
  login: keyof typeof what,
  env: Env,
  known = false,
): void {
  if (isLoopback(host)) return;
  const own =
    known || (login === 'ecr' && listed(env.TAGBOAT_ECR_HOST, host)) || (login === 'ghcr' && isGhcr(host, env));
  const { label, hint } = what[login];
  if (!own) throw new TagboatError('TOKEN_ELSEWHERE', { label, host, why: 'host', hint });
  if (insecure) {
    throw new TagboatError('TOKEN_ELSEWHERE', { label, host, why: 'http', hint: 'Leave out `insecure`.' });
  }
}

/** GitHub's registry, or the one of the server whose job this is: `containers.HOST`, or the host itself (Gitea). */
function isGhcr(host: string, env: Env): boolean {
  const server = URL.canParse(env.GITHUB_SERVER_URL ?? '') ? new URL(env.GITHUB_SERVER_URL ?? '').host : undefined;
  return host === 'ghcr.io' || (server !== undefined && [`containers.${server}`, server].includes(host));
}

function listed(hosts: string | undefined, host: string): boolean {
  return (hosts ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .includes(host.toLowerCase());
}
