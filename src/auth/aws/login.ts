import { stat } from 'node:fs/promises';
import { isError, TagboatError } from '../../errors.ts';
import type { AwsPlan, RegistryCredential } from '../../plan.ts';
import type { Env, World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import { createLease, type Lease, type Leased } from '../lease.ts';
import type { AccountFacts, AccountQuestion } from './account.ts';
import { isEcrPublic, readEcrHost } from './ecr-host.ts';
import { profileFiles, regionIn } from './sdk.ts';
import type { AwsSession } from './sts.ts';

/** Logs in to ECR registries, with one session of the role for all of them. */
export interface AwsLogin {
  /** A password for this registry host. Throws ECR_PUBLIC_UNSUPPORTED, AWS_REGION_MISSING and what the calls throw. */
  login(host: string): Promise<Leased<RegistryCredential>>;
  /** What AWS tells of the role and of repositories; undefined where there is nothing to ask with. */
  account(question: Omit<AccountQuestion, 'role' | 'region'>): Promise<AccountFacts | undefined>;
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
    const ask = async () => ecrToken(world, keeper, { host, region, about, session: await sessionIn(region) });
    try {
      return await ask();
    } catch (error) {
      // The session ended by AWS's clock before it did by ours: once more with a new one.
      if (sessions === undefined || !isError(error, 'ECR_TOKEN_REFUSED') || error.data.code !== 'ExpiredToken') {
        throw error;
      }
      sessions.drop();
      return ask();
    }
  };

  /** The role's session, or undefined where no role is named. */
  const sessionIn = async (region: string): Promise<(Leased<AwsSession> & { readonly role: string }) | undefined> => {
    const role = plan?.role;
    if (plan === undefined || role === undefined) return undefined;
    sessions ??= createLease(world.clock, async () => {
      const { assumeRole } = await import('./sts.ts');
      return assumeRole(world, keeper, { ...plan, role }, plan.region ?? region);
    });
    return { ...(await sessions.get()), role };
  };

  const account: AwsLogin['account'] = async (question) => {
    const [first] = question.repositories;
    const region = plan?.region ?? first?.about?.region ?? regionIn(world.env);
    if (region === undefined) return undefined;
    // Why there is no session is told by whoever logs in.
    const session = await sessionIn(region).catch(() => undefined);
    world.signal.throwIfAborted();
    if (session === undefined && !(await hasKeys(world.env))) return undefined;
    const { askAccount } = await import('./account.ts');
    return askAccount(world, keeper, { ...question, role: plan?.role, region }, session?.value);
  };

  return { login, account, settled: async () => sessions?.settled() };
}

/** Whether something names AWS credentials: a machine in a cloud is asked for its own only where a run would do that. */
async function hasKeys(env: Env): Promise<boolean> {
  const named = ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']; // biome-ignore format: a list
  if (named.some((name) => env[name])) return true;
  const there = await Promise.all(profileFiles(env).map((file) => stat(file).catch(() => undefined)));
  return there.some((one) => one !== undefined);
}
