import type { Clock } from '../../wire/world.ts';
import { type Api, type ApiFault, serveApi } from '../api.ts';
import { createEcr } from './ecr.ts';
import { createSts, type Provider, type Role, type StsSession } from './sts.ts';
import { checkTrustPolicy } from './trust.ts';

export interface AwsOptions {
  /** Default 123456789012. */
  readonly account?: string;
  readonly region?: string;
  readonly providers: readonly Provider[];
  readonly roles: readonly Role[];
  /** Long-lived keys of users, for the ordinary credential chain. */
  readonly users?: readonly { readonly accessKeyId: string; readonly secretAccessKey: string }[];
  readonly clock?: Pick<Clock, 'now'>;
  readonly fault?: ApiFault;
}

/** AWS as a delivery sees it: STS and ECR's token endpoint behind one URL. */
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
    sessions.set(user.accessKeyId, { ...user, token: undefined, expiresAt: Number.POSITIVE_INFINITY, arn, ecr: true });
  }
  const sts = createSts({
    account,
    clock,
    roles: options.roles,
    providers: options.providers,
    grant: (session) => void sessions.set(session.accessKeyId, session),
  });
  const ecr = createEcr({ account, clock, session: (id) => sessions.get(id) });
  const api = await serveApi(
    // The two protocols can't be confused: JSON ones name their operation in a header, query ones in a form.
    (request) => (request.headers['x-amz-target'] === undefined ? sts(request) : ecr.answer(request)),
    options.fault,
  );
  return {
    ...api,
    account,
    env: { AWS_ENDPOINT_URL_STS: api.url, AWS_ENDPOINT_URL_ECR: api.url, AWS_REGION: region },
    verify: ecr.verify,
  };
}
