import type { ApplicationPlan, ArgoCdPlan, DeployPlan, EnvironmentPlan } from '../../plan/deploy.ts';
import type { ArgoCdShape } from '../shape/argocd.ts';
import { whyNoApplication, whyNoServer, whyNoSettle, whyNoTimeout, whyNoVariable } from '../shape/grammar.ts';
import type { DeliveryShape } from '../shape/shape.ts';
import { timeoutOf } from '../shape/timeout.ts';
import type { Checks } from './checks.ts';

/** What every wait begins with; `tagboat wait` without a config file uses it as it is. */
export const usualArgoCd: ArgoCdPlan = {
  server: undefined,
  insecure: false,
  caFile: undefined,
  auth: 'token',
  connector: 'github-actions',
  context: undefined,
  namespace: 'argocd',
  webhookSecret: undefined,
  timeoutMs: 900_000,
  longestMs: 3_600_000,
  settleMs: 5_000,
  suspended: 'wait',
  podFailureMs: 120_000,
  strict: false,
};

/** The Argo CD that a place of the file names: the file itself, or a delivery. */
export function checkArgoCd(
  raw: ArgoCdShape | undefined,
  checks: Checks,
  within: readonly string[] = [],
): ArgoCdPlan | undefined {
  if (raw === undefined) return undefined;
  const at = (key: string) => [...within, 'argocd', key];
  const auth = raw.auth ?? 'token';
  if (auth === 'kubeconfig' && raw.server !== undefined) {
    checks.refuse(at('server'), "has no meaning with auth: kubeconfig, which names the cluster's own API");
  }
  if (auth !== 'kubeconfig' && raw.server === undefined) checks.missing(at('server'), "it is the URL of Argo CD's API");
  if (raw.server !== undefined) checks.mustBe(at('server'), whyNoServer(raw.server));
  if (raw.timeout !== undefined) checks.mustBe(at('timeout'), whyNoTimeout(raw.timeout));
  if (raw.settle !== undefined) checks.mustBe(at('settle'), whyNoSettle(raw.settle));
  if (raw.podFailure !== undefined) checks.mustBe(at('podFailure'), whyNoTimeout(raw.podFailure));
  if (raw.webhookSecret !== undefined) checks.mustBe(at('webhookSecret'), whyNoVariable(raw.webhookSecret));
  if (raw.namespace !== undefined) checks.mustBe(at('namespace'), whyNoApplication(raw.namespace));
  for (const key of ['connector', 'context', 'ca'] as const) {
    if (raw[key] !== undefined) checks.mustBe(at(key), raw[key].trim() === '' ? 'a name' : undefined);
  }
  return {
    ...usualArgoCd,
    server: raw.server?.replace(/\/+$/, ''),
    insecure: raw.insecure ?? false,
    caFile: raw.ca,
    auth,
    connector: raw.connector ?? usualArgoCd.connector,
    context: raw.context,
    namespace: raw.namespace ?? usualArgoCd.namespace,
    webhookSecret: raw.webhookSecret,
    timeoutMs: raw.timeout === undefined ? usualArgoCd.timeoutMs : timeoutOf(raw.timeout),
    longestMs: raw.timeout === undefined ? usualArgoCd.longestMs : timeoutOf(raw.timeout),
    settleMs: raw.settle === undefined ? usualArgoCd.settleMs : timeoutOf(raw.settle),
    suspended: raw.suspended ?? 'wait',
    podFailureMs: raw.podFailure === undefined ? usualArgoCd.podFailureMs : timeoutOf(raw.podFailure),
    strict: raw.strict ?? false,
  };
}

/** What a delivery says about its applications. */
export function checkDeploy(
  delivery: string,
  raw: Pick<DeliveryShape, 'application' | 'argocd' | 'sync' | 'onUnhealthy' | 'environment'>,
  { usual, ofPullRequests }: { readonly usual: ArgoCdPlan | undefined; readonly ofPullRequests: boolean },
  checks: Checks,
): DeployPlan | undefined {
  const at = (...steps: (string | number)[]) => ['deliveries', delivery, ...steps];
  if (raw.application === undefined) {
    for (const key of ['argocd', 'sync', 'onUnhealthy', 'environment'] as const) {
      if (raw[key] !== undefined) checks.refuse(at(key), 'means nothing without `application:`', 'key');
    }
    return undefined;
  }
  const argocd = checkArgoCd(raw.argocd, checks, ['deliveries', delivery]) ?? usual;
  if (argocd === undefined) {
    checks.missing(['argocd'], `deliveries.${delivery}.application is followed there`);
    return undefined;
  }
  const applications = applicationsIn(raw.application, at('application'), checks);
  const named = [applications.map(({ name }) => name), raw.environment].map((one) => JSON.stringify(one ?? ''));
  for (const [nth, key] of (['application', 'environment'] as const).entries()) {
    if (named[nth]?.includes('{pr}') && !ofPullRequests)
      checks.refuse(at(key), 'has {pr}, which goes with from: { pullRequests: true } alone');
  }
  return {
    argocd,
    applications,
    sync: raw.sync ?? false,
    onUnhealthy: raw.onUnhealthy ?? 'fail',
    environment: environmentIn(raw.environment, at('environment'), checks),
    ...(named[0]?.includes('{pr}') && { ofPullRequest: true }),
  };
}

function environmentIn(
  raw: DeliveryShape['environment'],
  at: readonly (string | number)[],
  checks: Checks,
): EnvironmentPlan | undefined {
  if (raw === undefined) return undefined;
  const [plan, place] = typeof raw === 'string' ? [{ name: raw }, at] : [raw, [...at, 'name']];
  checks.mustBe(place, plan.name.trim() === '' || plan.name.length > 255 ? 'a name' : undefined);
  if ('url' in plan && plan.url !== undefined) {
    const url = plan.url.replaceAll('{pr}', '1');
    const isOne = /^https?:\/\//i.test(url) && URL.canParse(url) && !new URL(url).username && !/\s/.test(url);
    checks.mustBe([...at, 'url'], isOne ? undefined : 'a URL such as https://pr-{pr}.example.com');
  }
  return plan;
}

function applicationsIn(
  raw: NonNullable<DeliveryShape['application']>,
  at: readonly (string | number)[],
  checks: Checks,
): ApplicationPlan[] {
  if (raw === true) return [];
  const list = Array.isArray(raw) ? raw : [raw];
  return list.map((one, index) => {
    const place = Array.isArray(raw) ? [...at, index] : at;
    const image = checks.serviceAt(place);
    if (typeof one === 'string') {
      checks.mustBe(place, whyNoApplication(one.replaceAll('{pr}', '1')));
      return { ...parseApplication(one), image };
    }
    checks.mustBe([...place, 'name'], whyNoApplication(one.name.replace('/', ' ').replaceAll('{pr}', '1')));
    if (one.namespace !== undefined) checks.mustBe([...place, 'namespace'], whyNoApplication(one.namespace));
    return { name: one.name, namespace: one.namespace, project: one.project, image };
  });
}

/** `name` or `namespace/name`, as Argo CD's own CLI takes it; taken for valid. */
export function parseApplication(text: string): ApplicationPlan {
  const slash = text.indexOf('/');
  return {
    name: text.slice(slash + 1),
    namespace: slash < 0 ? undefined : text.slice(0, slash),
    project: undefined,
  };
}
