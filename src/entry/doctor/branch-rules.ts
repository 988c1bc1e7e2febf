import type { Finding } from '../../plan/finding.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { at, isObject, listAt, numberAt, textAt, textsAt } from '../../wire/fields.ts';
import { gitlabRoot } from '../../wire/forge/kind.ts';
import { readBody } from '../../wire/http.ts';
import type { Env, World } from '../../wire/world.ts';
import { found } from './tell.ts';

/** Asks the host's API, with the delivery's own token; undefined for whatever isn't an answer. */
type Ask = (path: string, body?: unknown) => Promise<unknown>;

const largest = 1024 * 1024;

/** Rules of the host that refuse a push to the delivery's branch, as far as its API tells this token of them. */
export async function checkBranchRules(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
): Promise<Finding[]> {
  const url = URL.canParse(delivery.repo) ? new URL(delivery.repo) : undefined;
  // What is proposed is pushed to a branch of its own.
  if (url === undefined || credential === undefined || delivery.via === 'pullRequest') return [];
  const path = url.pathname.replace(/^\/|\/$|\.git\/?$/g, '');
  const [, token = ''] = /^[^:]*:(.*)$/s.exec(plain(credential)) ?? [];
  const { graphql } = credential;
  const site = gitLabOf(url, world.env);
  if (site !== undefined) {
    const project = path.slice(new URL(site).pathname.replace(/^\//, '').length).replace(/^\//, '');
    return gitLabFindings(asking(world, `${site}/api/v4`, `Bearer ${token}`), project, delivery);
  }
  if (graphql === undefined || path.split('/').length !== 2) return [];
  const base = graphql.url.replace(/\/graphql$/, '');
  const rest = base.endsWith('/api') ? `${base}/v3` : base;
  return gitHubFindings(
    asking(world, rest, `Bearer ${token}`),
    asking(world, graphql.url, `bearer ${token}`),
    path,
    delivery,
  );
}

/** The user and token of a Basic header. */
function plain({ authorization }: GitCredential): string {
  return Buffer.from(authorization.reveal().replace(/^Basic /, ''), 'base64').toString('utf8');
}

/** The GitLab that a repository is on: by its name, or the one of this job. */
function gitLabOf(url: URL, env: Env): string | undefined {
  const root = gitlabRoot(url, env);
  const isOwn = env.GITLAB_CI === 'true' && root === env.CI_SERVER_URL?.replace(/\/+$/, '');
  return isOwn || /(^|\.)gitlab\./.test(url.host) ? root : undefined;
}

function asking(world: World, base: string, authorization: string): Ask {
  return async (path, body) => {
    const response = await world.http({
      method: body === undefined ? 'GET' : 'POST',
      url: base + path,
      headers: { accept: 'application/json', authorization, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: world.signal,
      idleMs: 20_000,
    });
    const text = (await readBody(response, largest)).toString('utf8');
    return response.status === 200 ? JSON.parse(text) : undefined;
  };
}

/** What a rule of GitHub's wants of a push, by its type (REST reference, "Get rules for a branch"). */
const wanted: Readonly<Record<string, string>> = {
  pull_request: 'changes come by pull request',
  required_status_checks: 'checks have passed before',
  required_deployments: 'it was deployed elsewhere before',
  workflows: 'workflows have passed before',
  code_scanning: 'code scanning has passed before',
  merge_queue: 'changes come by the merge queue',
  update: 'nobody updates it but whom the rule exempts',
  required_signatures: 'every commit is signed',
};

// One request for classic branch protection, as it is enforced on whoever asks: its own REST page is for administrators.
const enforced = `query($owner: String!, $name: String!, $ref: String!) {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $ref) { refUpdateRule {
    viewerCanPush requiredApprovingReviewCount requiredStatusCheckContexts requiresSignatures } } } }`;

async function gitHubFindings(rest: Ask, graphql: Ask, path: string, delivery: DeliveryPlan): Promise<Finding[]> {
  const { branch, via } = delivery;
  const [owner, name] = path.split('/');
  const rules = listAt(await quietly(rest(`/repos/${path}/rules/branches/${encodeURIComponent(branch)}`)));
  const exempt = new Map<number, unknown>();
  for (const id of new Set(rules.map((rule) => numberAt(rule, 'ruleset_id')))) {
    exempt.set(id, textAt(await quietly(rest(`/repos/${path}/rulesets/${id}`)), 'current_user_can_bypass'));
  }
  const refusing = rules.filter((rule) => {
    const type = textAt(rule, 'type');
    // GitHub signs what is committed by its API.
    const isSigned = type === 'required_signatures' && isByApi(via);
    const bypass = exempt.get(numberAt(rule, 'ruleset_id'));
    return type in wanted && !isSigned && bypass !== 'always' && bypass !== 'exempt';
  });
  const variables = { owner, name, ref: `refs/heads/${branch}` };
  const answer = await quietly(graphql('', { query: enforced, variables }));
  const rule = at(answer, 'data', 'repository', 'ref', 'refUpdateRule');
  const classic = isObject(rule) ? classicDemands(rule, via) : [];
  const demands = [...refusing.map((one) => wanted[textAt(one, 'type')] ?? ''), ...classic];
  if (demands.length === 0) return [];
  // Whether one is exempt isn't told to every token.
  const isSure =
    at(rule, 'viewerCanPush') === false || refusing.some((one) => exempt.get(numberAt(one, 'ruleset_id')) !== '');
  const message = `Rules of ${path} want of ${branch} that ${[...new Set(demands)].join(', that ')}: they refuse the config commit of ${delivery.name}.`;
  const onlySigned = demands.every((one) => one === wanted.required_signatures);
  const fix = onlySigned
    ? 'Set `via: github` on the delivery: GitHub signs what is committed by its API.'
    : 'Let the App or account of this token bypass them (Settings → Rules → Rulesets → Bypass list), set `via: pullRequest` on the delivery to propose its commits, or deliver to a branch without them.';
  return [found('BRANCH_PROTECTED', isSure ? 'error' : 'warning', message, fix)];
}

function isByApi(via: DeliveryPlan['via']): boolean {
  return via === 'github' || via === 'auto';
}

function classicDemands(rule: Readonly<Record<string, unknown>>, via: DeliveryPlan['via']): string[] {
  return [
    rule.viewerCanPush === false ? wanted.update : undefined,
    typeof rule.requiredApprovingReviewCount === 'number' ? wanted.pull_request : undefined,
    textsAt(rule, 'requiredStatusCheckContexts').length > 0 ? wanted.required_status_checks : undefined,
    rule.requiresSignatures === true && !isByApi(via) ? wanted.required_signatures : undefined,
  ].flatMap((one) => one ?? []);
}

async function gitLabFindings(ask: Ask, path: string, { branch, name }: DeliveryPlan): Promise<Finding[]> {
  const project = encodeURIComponent(path);
  const about = await quietly(ask(`/projects/${project}/repository/branches/${encodeURIComponent(branch)}`));
  if (at(about, 'protected') !== true || at(about, 'can_push') !== false) return [];
  const message = `${branch} of ${path} is protected, and this token may not push to it: GitLab refuses the config commit of ${name}.`;
  const fix =
    "Let the token's role or user push (Settings → Repository → Protected branches → Allowed to push and merge), or set `via: pullRequest` on the delivery to propose its commits.";
  return [found('BRANCH_PROTECTED', 'error', message, fix)];
}

/** What isn't told is no finding: these looks are extra. */
async function quietly(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch(() => undefined);
}
