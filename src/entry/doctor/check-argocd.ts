import type { Server } from '../../deploy/deploy.ts';
import { reportOf, TagboatError } from '../../errors.ts';
import type { DeployPlan } from '../../plan/deploy.ts';
import type { Finding } from '../../plan/finding.ts';
import type { Application } from '../../wire/argocd/types.ts';
import { jsonIn, optionalText } from '../../wire/fields.ts';
import { readBody } from '../../wire/http.ts';
import type { World } from '../../wire/world.ts';
import { isJob } from '../run/source/ci.ts';
import { findingOf } from './check-files.ts';
import { found } from './tell.ts';

/** What verdicts rest on is there from this one on; and by `auth: oidc`, jobs have names of their own in its RBAC. */
const oldest = { any: [2, 10], oidc: [3, 0] } as const;

/** Whether Argo CD lets this account do what the delivery does. `looked`: its applications, or why there are none. */
export async function checkRights(
  { env }: World,
  { sync, argocd: plan }: DeployPlan,
  { argocd, with: label }: Server,
  looked: readonly Application[] | TagboatError,
): Promise<Finding[]> {
  if (looked instanceof TagboatError) {
    // The commit itself may make an application; a laptop may be out of the network.
    const isCertain = isJob(env) && looked.code.startsWith('ARGOCD_');
    return [findingOf(reportOf(looked), isCertain ? 'error' : 'warning')];
  }
  const denied = looked.map(async ({ name, namespace, project }) => {
    const isElsewhere = namespace !== '' && namespace !== plan.namespace;
    const object = [project, ...(isElsewhere ? [namespace] : []), name].join('/');
    const may = sync ? await argocd.may?.('sync', object).catch(() => undefined) : undefined;
    if (may !== false) return [];
    const about = { server: argocd.url, with: label, application: name, doing: 'sync' as const };
    return [findingOf(reportOf(new TagboatError('ARGOCD_FORBIDDEN', about)))];
  });
  return (await Promise.all(denied)).flat();
}

/** Whether an Argo CD is new enough: it tells that everybody. Whether it can be reached, whoever looks for applications says. */
export async function checkVersion(
  { signal }: World,
  deploy: DeployPlan,
  { argocd, http }: Server,
): Promise<Finding[]> {
  if (deploy.argocd.server === undefined) return [];
  const text = await http({ url: `${argocd.url}/api/version`, signal, idleMs: 10_000 })
    .then(async (response) => (await readBody(response, 64 * 1024)).toString('utf8'))
    .catch(() => '');
  const version = optionalText(jsonIn(text), 'Version');
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined) return [];
  const [least, than] = oldest[deploy.argocd.auth === 'oidc' ? 'oidc' : 'any'];
  if (Number(major) > least || (Number(major) === least && Number(minor) >= than)) return [];
  const why = deploy.argocd.auth === 'oidc' ? '`auth: oidc` needs' : 'verdicts need';
  const message = `${argocd.url} is Argo CD ${version}, and ${why} ${least}.${than} or newer.`;
  return [found('SERVER_VERSION_OLD', 'warning', message, 'Update Argo CD; older ones get no fixes any more.')];
}
