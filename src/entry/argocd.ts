import type { Auth } from '../auth/auth.ts';
import type { Server } from '../deploy/deploy.ts';
import type { Emit } from '../events.ts';
import type { ArgoCdPlan } from '../plan/deploy.ts';
import { createHttp } from '../wire/http.ts';
import type { World } from '../wire/world.ts';
import { version } from './version.ts';

/** The Argo CDs of a run: one connection, one login and one stream for each, however many deliveries it follows. */
export interface Servers {
  of(plan: ArgoCdPlan): Promise<Server>;
  close(): void;
}

/** Opens nothing yet: a run without `application:` never loads the deploy stage. */
export function createServers(world: World, emit: Emit, auth: Auth): Servers {
  const opened = new Map<string, Promise<Server>>();
  const closers: (() => void)[] = [];

  const httpFor = ({ caFile, insecure }: ArgoCdPlan, server: string) => {
    if (caFile === undefined && !insecure) return world.http;
    if (insecure) {
      const message = `The certificate of ${server} is not checked (argocd.insecure): whoever stands between can read the token.`;
      emit({ type: 'notice', level: 'warning', stage: 'deploy', message });
    }
    const http = createHttp({
      userAgent: `tagboat/${version}`,
      proxyEnv: world.env,
      insecure,
      ...(caFile === undefined ? {} : { caFile }),
    });
    closers.push(() => http.close());
    return http;
  };

  const open = async (plan: ArgoCdPlan): Promise<Server> => {
    const { createArgoCd } = await import('../wire/argocd/client.ts');
    const { createFeed } = await import('../deploy/feed.ts');
    const server = plan.server ?? '';
    const http = httpFor(plan, server);
    const login = auth.argocd({ ...plan, server }, http);
    const { clock, random, signal } = world;
    const argocd = createArgoCd({ http, clock, random, signal, url: server, token: login.token });
    return { argocd, feed: createFeed(world, argocd), with: login.label, http };
  };

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
