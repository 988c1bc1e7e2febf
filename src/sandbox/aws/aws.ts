import type { Clock } from '../../wire/world.ts';
import { type Api, type ApiAnswer, type ApiFault, type ApiRequest, serveApi } from '../api.ts';
import type { Sessions, StsSession } from './caller.ts';
import { createEcr, type EcrOperation } from './ecr.ts';
import { createSts, type Provider, type Role } from './sts.ts';
import { checkTrustPolicy } from './trust.ts';

export interface AwsOptions {
  /** Default 123456789012. */
  readonly account?: string;
  readonly region?: string;
  readonly providers: readonly Provider[];
  readonly roles: readonly Role[];
  /** What else ECR does besides letting in. */
  readonly ecr?: Readonly<Record<string, EcrOperation>>;
  /** Answers other services' requests, for those that it knows. */
  readonly beside?: (request: ApiRequest, sessions: Sessions) => ApiAnswer | undefined;
  /** Long-lived keys of users, for the ordinary credential chain. */
  readonly users?: readonly { readonly accessKeyId: string; readonly secretAccessKey: string }[];
  readonly clock?: Pick<Clock, 'now'>;
  readonly fault?: ApiFault;
}

/** AWS as a delivery sees it: STS and ECR's API, behind one URL. */
export interface Aws extends Api {
  readonly account: string;
  /** Variables that send the AWS SDKs and the CLI here. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether a registry may let these in: `AWS` and a password from GetAuthorizationToken. */
  readonly verify: (username: string, password: string) => boolean;
}

/** Starts it on loopback, on a free port. Throws when a trust policy says something it doesn't understand. */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const { account = '123456789012', region = 'ap-northeast-1', clock = { now: Date.now } } = options;
  for (const role of options.roles) checkTrustPolicy(role.trust);
  const sessions = new Map<string, StsSession>();
  for (const user of options.users ?? []) {
    const arn = `arn:aws:iam::${account}:user/sandbox`;
    sessions.set(user.accessKeyId, { ...user, token: undefined, expiresAt: Number.POSITIVE_INFINITY, arn, lacks: [] });
  }
  const { roles, providers, ecr: others = {} } = options;
  const known = { account, clock, sessions: (id: string) => sessions.get(id) };
  const sts = createSts({
    ...known,
    roles,
    providers,
    grant: (session) => void sessions.set(session.accessKeyId, session),
  });
  const ecr = createEcr({ ...known, others });
  const api = await serveApi((request) => {
    // The protocols can't be confused: JSON ones name their operation in a header, query ones in a form.
    if (request.headers['x-amz-target'] !== undefined) return ecr.answer(request);
    return options.beside?.(request, known.sessions) ?? sts(request);
  }, options.fault);
  return {
    ...api,
    account,
    env: {
      AWS_ENDPOINT_URL_STS: api.url,
      AWS_ENDPOINT_URL_ECR: api.url,
      AWS_ENDPOINT_URL_IAM: api.url,
      AWS_REGION: region,
    },
    verify: ecr.verify,
  };
}
