import { TagboatError } from '../../errors.ts';
import type { ArgoCdPlan } from '../../plan/deploy.ts';
import { exchangeToken } from '../../wire/argocd/exchange.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';
import { retry } from '../../wire/retry.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { isInTheClear } from '../clear.ts';
import type { Keeper } from '../keeper.ts';
import { createLease } from '../lease.ts';
import { fetchIdToken } from '../oidc.ts';

/** The way into one Argo CD's API. */
export interface ArgoCdLogin {
  /** What it is, for messages: `ARGOCD_AUTH_TOKEN`. */
  readonly label: string;
  /**
   * The bearer token; asked with `refused` after the server didn't take the last one, which gets another where there
   * is one. Throws ARGOCD_TOKEN_MISSING, TOKEN_ELSEWHERE, OIDC_*, ARGOCD_EXCHANGE_REFUSED.
   */
  token(refused: boolean): Promise<Secret>;
}

/** Logs in as the plan says. `world` is the one whose http trusts the server. */
export function createArgoCdLogin(
  world: World,
  keeper: Keeper,
  plan: ArgoCdPlan & { readonly server: string },
): ArgoCdLogin {
  return plan.auth === 'oidc' ? byOidc(world, keeper, plan) : byToken(world, keeper, plan.server);
}

/**
 * No token goes to Argo CD in the clear, and ARGOCD_AUTH_TOKEN to no other than ARGOCD_SERVER, where that is set: the
 * config file names the server, and a pull request may change it. Throws TOKEN_ELSEWHERE.
 */
function checkServer(server: string, label: string, named: string | undefined): void {
  const url = new URL(server);
  if (isInTheClear(url)) {
    const hint = 'Use its https URL: only on loopback is plain http taken.';
    throw new TagboatError('TOKEN_ELSEWHERE', { label, host: url.host, why: 'http', hint });
  }
  if (named === undefined) return;
  const hosts = named.split(/[\s,]+/).map((one) => one.replace(/^https?:\/\//, '').replace(/\/.*$/, ''));
  if (hosts.map((one) => one.toLowerCase().replace(/:443$/, '')).includes(url.host)) return;
  const hint = `ARGOCD_SERVER says that it is for ${named}: correct the one or the other.`;
  throw new TagboatError('TOKEN_ELSEWHERE', { label, host: url.host, why: 'host', hint });
}

function byToken(world: World, keeper: Keeper, server: string): ArgoCdLogin {
  const label = 'ARGOCD_AUTH_TOKEN';
  return {
    label,
    token: async () => {
      const token = world.env.ARGOCD_AUTH_TOKEN?.trim();
      if (!token) throw new TagboatError('ARGOCD_TOKEN_MISSING', { server });
      checkServer(server, label, world.env.ARGOCD_SERVER || undefined);
      return keeper.keep(token, label);
    },
  };
}

/** GitHub's token of the job for one of Argo CD's own: no stored secret. The audience is the server's URL. */
function byOidc(
  world: World,
  keeper: Keeper,
  { server, connector }: ArgoCdPlan & { readonly server: string },
): ArgoCdLogin {
  const lease = createLease(world.clock, async () => {
    checkServer(server, "GitHub's token of the job", undefined);
    const subject = await fetchIdToken(world, keeper, server, 'argocd');
    try {
      const about = { url: server, connector, subject: subject.token, signal: world.signal };
      const { token, seconds } = await retry(() => exchangeToken(world.http, about), world);
      // Dex's tokens live for a day unless it says otherwise; a short guess costs one exchange more.
      return { value: keeper.keep(token, 'Dex token'), expiresAt: world.clock.now() + (seconds || 300) * 1_000 };
    } catch (error) {
      if (!(error instanceof WireFailure) || error.kind !== 'status') throw error;
      const { sub, aud } = subject.claims;
      const data = { server, connector, sub, aud, status: error.status };
      throw new TagboatError('ARGOCD_EXCHANGE_REFUSED', data, { peer: peerOf(error), cause: error });
    }
  });
  return {
    label: "the token exchanged at Argo CD's Dex",
    token: async (refused) => {
      if (refused) lease.drop();
      return (await lease.get()).value;
    },
  };
}
