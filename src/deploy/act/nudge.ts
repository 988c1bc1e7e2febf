import { TagboatError } from '../../errors.ts';
import { type Emit, emitNotice } from '../../events.ts';
import type { DeployPlan } from '../../plan/deploy.ts';
import type { AppRef, ArgoCd } from '../../wire/argocd/types.ts';
import { sendWebhook } from '../../wire/argocd/webhook.ts';
import type { Http } from '../../wire/http.ts';
import { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';

/** A config commit that Argo CD is to be told of. */
export interface Pushed {
  readonly repo: string;
  readonly branch: string;
  readonly commit: string;
  readonly parent: string | undefined;
  readonly files: readonly string[];
  readonly deploy: DeployPlan;
}

/** Tells Argo CD that there is something new: one webhook for all, or else each application's refresh, once. */
export function createNudge(
  world: World,
  emit: Emit,
  { argocd, http }: { readonly argocd: ArgoCd; readonly http: Http },
  delivered: Pushed,
): (app: AppRef) => Promise<void> {
  const { server: url } = delivered.deploy.argocd;
  const secret = webhookSecret(world, delivered.deploy);
  let sent: Promise<boolean> | undefined;
  const send = async (): Promise<boolean> => {
    if (secret === undefined || url === undefined) return false;
    const { repo, branch, commit, parent, files } = delivered;
    const push = { repo, branch, before: parent ?? '0'.repeat(commit.length), after: commit, files };
    try {
      await sendWebhook(http, { url, secret, signal: world.signal }, push);
      return true;
    } catch {
      const message = "Argo CD didn't take the webhook: a refresh is asked for instead.";
      emitNotice(emit, 'warning', 'deploy', 'WEBHOOK_REFUSED', {}, message);
      return false;
    }
  };
  const tell = async (app: AppRef): Promise<void> => {
    sent ??= send();
    if (!(await sent)) await argocd.application(app, 'normal');
  };
  const told = new Map<string, Promise<void>>();
  return (app) => {
    // In another project than before, it wasn't told where it is now.
    const key = [app.project, app.namespace, app.name].join('/');
    const telling = told.get(key) ?? tell(app);
    told.set(key, telling);
    return telling;
  };
}

/** The secret that signs webhooks, where one is named. Throws WEBHOOK_SECRET_MISSING. */
export function webhookSecret({ env, mask }: World, { argocd }: DeployPlan): Secret | undefined {
  if (argocd.webhookSecret === undefined) return undefined;
  const value = env[argocd.webhookSecret]?.trim();
  if (!value) throw new TagboatError('WEBHOOK_SECRET_MISSING', { variable: argocd.webhookSecret });
  mask(value);
  return new Secret(value, argocd.webhookSecret);
}
