import type { Auth } from '../../auth/auth.ts';
import type { Server } from '../../deploy/deploy.ts';
import { type Emit, emitNotice } from '../../events.ts';
import type { ArgoCdPlan } from '../../plan/deploy.ts';
import type { ArgoCd } from '../../wire/argocd/types.ts';
import { createHttp, type HttpOptions } from '../../wire/http/client.ts';
import type { Http } from '../../wire/http.ts';
import type { World } from '../../wire/world.ts';
import { version } from './version.ts';
import { tracedHttp } from './world.ts';

/** The Argo CDs of a run: one connection, one login and one stream for each, however many deliveries it follows. */
export interface Servers {
  of(plan: ArgoCdPlan): Promise<Server>;
  close(): void;
}

type Trust = Pick<HttpOptions, 'caFile' | 'ca' | 'client'> & { readonly insecure: boolean };

/** Opens nothing yet: a run without `application:` never loads the deploy stage. */
export function createServers(world: World, emit: Emit, auth: Auth): Servers {
  const opened = new Map<string, Promise<Server>>();
  const closers: (() => void)[] = [];

  const httpFor = (server: string, trust: Trust) => {
    if (trust.insecure) {
      const message = `The certificate of ${server} is not checked: whoever stands between can read the token.`;
      emitNotice(emit, 'warning', 'deploy', 'CERTIFICATE_UNCHECKED', { server }, message);
    }
    if (!trust.insecure && trust.caFile === undefined && trust.ca === undefined && trust.client === undefined)
      return world.http;
    const http = createHttp({ userAgent: `tagboat/${version}`, env: world.env, ...trust });
    closers.push(() => http.close());
    return world.trace === undefined ? http : tracedHttp(http, world.trace);
  };

  const byApi = async ({ caFile, insecure, ...plan }: ArgoCdPlan, url: string): Promise<Server> => {
    const { createArgoCd } = await import('../../wire/argocd/client.ts');
    const http = httpFor(url, { insecure, caFile });
    const login = auth.argocd({ ...plan, caFile, insecure, server: url }, http);
    const argocd = createArgoCd({ ...world, http, url, token: login.token, longestMs: plan.timeoutMs });
    return serverOf(argocd, login.label, http);
  };
  const byKubeconfig = async ({ context, namespace, timeoutMs }: ArgoCdPlan): Promise<Server> => {
    const { createKubernetesArgoCd } = await import('../../wire/kubernetes/applications.ts');
    const { server: url, label, token, insecure, ca, client } = await auth.kubernetes(context);
    const http = httpFor(url, { insecure, ca, client });
    const about = { ...world, http, url, token, namespace, longestMs: timeoutMs };
    return serverOf(createKubernetesArgoCd(about), label, http);
  };
  const serverOf = async (argocd: ArgoCd, label: string, http: Http): Promise<Server> => {
    const { createFeed } = await import('../../deploy/observe/feed.ts');
    return { argocd, feed: createFeed(world, argocd), with: label, http };
  };
  const open = (plan: ArgoCdPlan): Promise<Server> =>
    plan.server === undefined ? byKubeconfig(plan) : byApi(plan, plan.server);

  return {
    of: (plan) => {
      const key = JSON.stringify([plan.server, plan.auth, plan.context, plan.namespace]);
      const server = opened.get(key) ?? open(plan);
      opened.set(key, server);
      return server;
    },
    close: () => {
      for (const close of closers) close();
    },
  };
}
