import type { Auth } from '../../../auth/auth.ts';
import type { AccountFacts } from '../../../auth/aws/account.ts';
import { readEcrHost } from '../../../auth/aws/ecr-host.ts';
import { type ClaimSet, claimsIn, claimsOfJob } from '../../../auth/iam/claims.ts';
import { providerName, readRoleArn } from '../../../auth/iam/right-policy.ts';
import { reviewTrust } from '../../../auth/iam/trust.ts';
import type { Config } from '../../../config/shape/checked.ts';
import type { Finding } from '../../../plan/finding.ts';
import type { ImagePreview } from '../../../plan/outcome.ts';
import type { RunPlan } from '../../../plan.ts';
import { tokenClaims } from '../../../wire/text/token.ts';
import type { Session } from '../../run/session.ts';
import { found } from '../tell.ts';
import { repositoryFindings } from './repository.ts';

interface Checked {
  readonly plan: RunPlan;
  readonly config: Config;
  /** What would become of each image, by its name, as far as that is known. */
  readonly previews: ReadonlyMap<string, ImagePreview>;
}

/** What AWS says of the role and of ECR's repositories, as far as it tells: whoever runs this may not ask for all of it. */
export async function checkAccount({ world }: Session, auth: Auth, checked: Checked): Promise<Finding[]> {
  const { plan, config } = checked;
  const images = plan.images.filter(
    ({ from, registry: { host, login } }) =>
      from === undefined && (login === 'ecr' || (login === 'auto' && readEcrHost(host) !== undefined)),
  );
  const repositories = images.map(({ registry: { host }, repository }) => ({
    about: readEcrHost(host),
    name: repository,
  }));
  if (images.length === 0 && plan.aws?.role === undefined) return [];
  const facts = await auth.account({ repositories });
  if (facts === undefined) return [];
  const claims = facts.byRole ? [] : await whoAsks(auth, checked);
  return [
    ...roleFindings(facts, config, claims, world.clock.now()),
    ...images.flatMap((image) => {
      const about = facts.repositories.get(image.repository);
      const template = config.images.find(({ name }) => name === image.name);
      if (about === undefined || template === undefined) return [];
      return repositoryFindings(image, template, about, checked.previews.get(image.name));
    }),
    ...untoldFindings(facts),
  ];
}

/** This job's own token; elsewhere, the tokens of jobs on the branches that deliver. */
async function whoAsks(auth: Auth, { plan: { aws, source }, config }: Checked): Promise<ClaimSet[]> {
  const audience = aws?.audience ?? 'sts.amazonaws.com';
  const token = await auth.identity(audience).catch(() => undefined);
  const own = token && claimsIn(tokenClaims(token.reveal()));
  if (own !== undefined) return [own];
  const [, repo] = /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(source?.url ?? '') ?? [];
  if (repo === undefined) return [];
  const branches = new Set(
    config.deliveries.flatMap(({ from }) => from.branches.filter((name) => /^[\w./-]+$/.test(name))),
  );
  return [...branches].map((ref) => claimsOfJob({ repo, ref, environment: undefined, audience }));
}

function roleFindings(
  { role: about, providers, lacking, byRole }: AccountFacts,
  { aws }: Config,
  claims: readonly ClaimSet[],
  now: number,
): Finding[] {
  const role = aws?.role ?? '';
  if (about === undefined) return [];
  if (about === 'missing' || about.arn !== role) {
    const other = about === 'missing' ? '' : ` The one of that name is ${about.arn}.`;
    const fix = 'Make it, or correct aws.role in tagboat.yaml.';
    return [found('ROLE_NOT_FOUND', 'error', `There is no role ${role}.${other}`, fix)];
  }
  const arn = readRoleArn(role);
  const file = `trust policy of ${role}`;
  // By its own session, STS itself has said that this run may.
  const asking = byRole || claims.length === 0 ? [undefined] : claims;
  const reviews = asking.map((one) => {
    const iss = typeof one?.iss === 'string' ? one.iss : '';
    const forms = one === undefined ? [undefined] : [one, ...immutableForms(one, about.trust)];
    const all = forms.map((form) => {
      const { account, partition } = arn ?? {};
      const request = form && { provider: providerName(iss), account, partition, claims: form, now };
      return reviewTrust(about.trust, { file, request, account, partition });
    });
    return all.find(({ verdict }) => verdict === 'allowed') ?? all[0];
  });
  const trust = reviews.flatMap((review) =>
    (review?.findings ?? []).map(({ place: _, ...finding }): Finding => {
      const fix =
        finding.code === 'TRUST_REFUSED'
          ? `Replace it by ${compact(review?.policy)}, or add this run's sub to it.`
          : finding.fix;
      return { ...finding, message: `In the trust policy of ${role}: ${finding.message}`, fix };
    }),
  );
  const seconds = aws?.sessionSeconds ?? 0;
  const long = `A session of ${role} lasts ${about.longestSeconds} s at most, and ${seconds} s are asked for: STS refuses that.`;
  const shorten = "Lower aws.sessionSeconds, or raise the role's MaxSessionDuration.";
  const tooLong = found('ROLE_SESSION_TOO_LONG', 'error', long, shorten);
  const audience = aws?.audience ?? '';
  return [
    ...trust,
    ...(seconds > about.longestSeconds ? [tooLong] : []),
    ...providers.flatMap(({ arn: provider, audiences }): Finding[] => {
      if (audiences === 'missing') {
        const message = `The account has no identity provider ${provider}, which the trust policy of ${role} names.`;
        return [found('PROVIDER_NOT_FOUND', 'error', message, 'Make it: aws iam create-open-id-connect-provider.')];
      }
      if (audiences.includes(audience)) return [];
      const message = `The identity provider ${provider} takes tokens for ${audiences.join(', ') || 'nobody'}, and the run's are for ${audience}.`;
      return [found('PROVIDER_AUDIENCE', 'error', message, `Add the client id ${audience} to the provider.`)];
    }),
    ...[...new Set(lacking.map(({ resource }) => resource))].map((resource) => {
      const actions = lacking.filter((one) => one.resource === resource).map(({ action }) => action);
      const message = `The policies of ${role} don't allow ${actions.join(', ')} on ${resource}.`;
      const fix = `Allow it in a policy of the role, with Resource ${JSON.stringify(resource)}.`;
      return found('ROLE_RIGHT_MISSING', 'error', message, fix);
    }),
  ];
}

/** The same job in the immutable form of sub, by the policy's own ids: a laptop can't tell which form tokens have. */
function immutableForms(claims: ClaimSet, trust: string): ClaimSet[] {
  const { sub, repository } = claims;
  if (typeof sub !== 'string' || typeof repository !== 'string' || !sub.startsWith(`repo:${repository}:`)) return [];
  const [owner, name] = repository.split('/');
  return [...trust.matchAll(/"repo:([^/@"]+)@(\d+)\/([^:@"]+)@(\d+):/g)]
    .filter(([, of, , called]) => of === owner && called === name)
    .map(([, , ownerId, , id]) => ({
      ...claims,
      sub: sub.replace(`repo:${repository}:`, `repo:${owner}@${ownerId}/${name}@${id}:`),
    }));
}

function compact(policy: string | undefined): string {
  return policy === undefined ? 'one that names it' : JSON.stringify(JSON.parse(policy));
}

function untoldFindings({ untold, byRole }: AccountFacts): Finding[] {
  if (untold.length === 0) return [];
  const calls = new Set(untold.map(({ call, why }) => `${call} (${why})`));
  const whose = byRole ? "the role's session" : "this machine's AWS credentials";
  const message = `Not looked at, since AWS doesn't tell it to ${whose}: ${[...calls].join(', ')}.`;
  const fix = 'A run needs nothing of it. To have it looked at, run this with credentials that may read it.';
  return [found('ACCOUNT_NOT_TOLD', 'note', message, fix)];
}
