import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions } from '@azure/msal-node';
import { WireFailure, wrongAnswer } from '../../wire/failure.ts';
import type { HttpRequest } from '../../wire/http.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { askCloud } from '../cloud.ts';
import type { Keeper } from '../keeper.ts';

interface EntraQuestion {
  readonly clientId: string;
  readonly authority: string;
  /** The job's token. */
  readonly assertion: Secret;
}

/** What all registries of all clouds take, whether or not they still take the resource manager's (`az acr login`). */
const scopes = ['https://containerregistry.azure.net/.default'];

/** Entra's access token by Microsoft's own library, over our http. Throws WireFailure. */
export async function entraToken(
  world: World,
  keeper: Keeper,
  { clientId, authority, assertion }: EntraQuestion,
): Promise<Secret> {
  let failed: unknown;
  const ask =
    (method: NonNullable<HttpRequest['method']>) =>
    async (url: string, { headers = {}, body }: NetworkRequestOptions = {}) => {
      try {
        return await askCloud(world, keeper, { method, url, headers, body });
      } catch (error) {
        // The library makes of it an error of its own.
        failed = error;
        throw error;
      }
    };
  const networkClient = { sendGetRequestAsync: ask('GET'), sendPostRequestAsync: ask('POST') } as INetworkModule;
  const auth = { clientId, authority, knownAuthorities: [new URL(authority).host] };
  const client = new ConfidentialClientApplication({
    auth: { ...auth, clientAssertion: async () => assertion.reveal() },
    system: { networkClient, disableInternalRetries: true },
  });
  try {
    const answer = await client.acquireTokenByClientCredential({ scopes });
    if (answer?.accessToken) return keeper.keep(answer.accessToken, 'Entra access token');
  } catch (error) {
    world.signal.throwIfAborted();
    const text = keeper.clean(error instanceof Error ? error.message : String(error));
    throw failed ?? new WireFailure('malformed', authority, { peerText: text, cause: error });
  }
  throw wrongAnswer(authority, 'answered without a token');
}
