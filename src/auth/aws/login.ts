import { isError, TagboatError } from '../../errors.ts';
import type { AwsPlan, RegistryCredential } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import { createLease, type Lease, type Leased } from '../lease.ts';
import { isEcrPublic, readEcrHost } from './ecr-host.ts';
import { regionIn } from './sdk.ts';
import type { AwsSession } from './sts.ts';

/** Logs in to ECR registries, with one session of the role for all of them. */
interface AwsLogin {
  /** A password for this registry host. Throws ECR_PUBLIC_UNSUPPORTED, AWS_REGION_MISSING and what the calls throw. */
  login(host: string): Promise<Leased<RegistryCredential>>;
  settled(): Promise<void>;
}

export function createAwsLogin(world: World, keeper: Keeper, plan: AwsPlan | undefined): AwsLogin {
  let sessions: Lease<AwsSession> | undefined;

  const login = async (host: string): Promise<Leased<RegistryCredential>> => {
    if (isEcrPublic(host)) throw new TagboatError('ECR_PUBLIC_UNSUPPORTED', { host });
    const about = readEcrHost(host);
    const elsewhere = regionIn(world.env);
    // A password is good in its own region alone, so there the registry's name has the last word.
    const region = about?.region ?? plan?.region ?? elsewhere;
    if (region === undefined) throw new TagboatError('AWS_REGION_MISSING', { host });
    // The AWS SDK is large, so the files that use it are loaded here. Importing the SDK itself in this way wouldn't
    // survive bundling: it is CommonJS, whose names are lost behind a dynamic import.
    const { ecrToken } = await import('./ecr.ts');
    const role = plan?.role;
    if (plan === undefined || role === undefined) {
      return ecrToken(world, keeper, { host, region, about, session: undefined });
    }
    sessions ??= createLease(world.clock, async () => {
      const { assumeRole } = await import('./sts.ts');
      return assumeRole(world, keeper, { ...plan, role }, plan.region ?? region);
    });
    const session = { ...(await sessions.get()), role };
    try {
      return await ecrToken(world, keeper, { host, region, about, session });
    } catch (error) {
      // The session ended by AWS's clock before it did by ours: once more with a new one.
      if (!isError(error, 'ECR_TOKEN_REFUSED') || error.data.code !== 'ExpiredToken') throw error;
      sessions.drop();
      return ecrToken(world, keeper, { host, region, about, session: { ...(await sessions.get()), role } });
    }
  };

  return { login, settled: async () => sessions?.settled() };
}
