import type { Http } from '../../src/wire/http.ts';
import { azure, google, startTokenServices } from '../auth/token-services.ts';
import { type AppRepoScene, configured, type Shipping, shipHere } from './app-repo.ts';

const ways = {
  google: `google: { workloadIdentityProvider: "${google.workloadIdentityProvider}" }`,
  acr: `azure: { clientId: "${azure.clientId}", tenantId: "${azure.tenantId}" }`,
};

/** Ships by the job's identity to a registry of a cloud that accepts this sub. */
export async function shipToCloud(
  login: keyof typeof ways,
  sub: string,
  registry: Shipping['registry'] = {},
): Promise<AppRepoScene> {
  let http: Http | undefined;
  return shipHere(
    {
      registry,
      prepare: async (town) => {
        const cloud = { github: town.github, env: town.env, clock: { now: Date.now } as never };
        ({ http } = await startTokenServices(cloud, { sub }));
        const change = (text: string): string =>
          text.replace('login: ecr', `login: ${login}`).replace(/^aws: .*$/m, ways[login]);
        await configured(change)(town);
      },
    },
    { world: (own) => ({ http: http ?? own.http }) },
  );
}
