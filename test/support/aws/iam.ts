import type { ApiAnswer, ApiRequest } from '../../../src/sandbox/api.ts';
import { callerOf, type Sessions, whyNot } from '../../../src/sandbox/aws/caller.ts';
import { QueryRefusal, queryAnswer, refusalAnswer } from '../../../src/sandbox/aws/query.ts';
import type { Provider, Role as StsRole } from '../../../src/sandbox/aws/sts.ts';
import type { Clock } from '../../../src/wire/world.ts';

/** The version of IAM's API, by which its requests are told from those of STS. */
const iamVersion = '2010-05-08';

const xmlns = `https://iam.amazonaws.com/doc/${iamVersion}/`;

/** A role as IAM tells of it. */
export interface Role extends StsRole {
  /** Its policies as documents, by the names of inline ones and the ARNs of attached ones. Default: one that says what `lacks` does. */
  readonly policies?: Readonly<Record<string, unknown>>;
  /** The ARN of the one among `policies` that bounds it, and isn't attached. */
  readonly boundary?: string;
}

interface IamOptions {
  readonly account: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly sessions: Sessions;
  readonly roles: readonly Role[];
  readonly providers: readonly Provider[];
}

/** IAM's query API, as far as it tells what a role is and may do. Undefined for requests to another service. */
export function createIam(options: IamOptions): (request: ApiRequest) => ApiAnswer | undefined {
  return (request) => {
    const form = new URLSearchParams(request.body.toString());
    if (form.get('Version') !== iamVersion) return undefined;
    const action = form.get('Action') ?? '';
    try {
      const caller = callerOf(request, options.sessions, options.clock);
      if (!('session' in caller)) throw new QueryRefusal(caller.query, caller.message, 403);
      const operation = operations[action];
      if (operation === undefined) throw new QueryRefusal('InvalidAction', `Could not find operation ${action}`);
      const denied = whyNot(
        caller.session,
        `iam:${action}`,
        form.get('PolicySourceArn') ?? form.get('RoleName') ?? '*',
      );
      if (denied !== undefined) throw new QueryRefusal('AccessDenied', denied, 403);
      return queryAnswer(xmlns, action, operation(form, options));
    } catch (error) {
      if (error instanceof QueryRefusal) return refusalAnswer(xmlns, error);
      throw error;
    }
  };
}

const policiesOf = ({ policies, lacks = [] }: Role): Readonly<Record<string, unknown>> => {
  const denied = lacks.length === 0 ? [] : [{ Effect: 'Deny', Action: lacks, Resource: '*' }];
  return policies ?? { all: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, ...denied] } };
};
const isArn = (name: string): boolean => name.startsWith('arn:');
const roleNamed = (form: URLSearchParams, { roles }: IamOptions): Role => {
  const name = form.get('RoleName') ?? '';
  const role = roles.find(({ arn }) => arn.split('/').at(-1) === name);
  if (role === undefined) throw new QueryRefusal('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  return role;
};
const documentAs = (element: string, document: unknown): string =>
  `<${element}>${encodeURIComponent(JSON.stringify(document))}</${element}>`;

const operations: Readonly<Record<string, (form: URLSearchParams, options: IamOptions) => string>> = {
  GetRole: (form, options) => {
    const role = roleNamed(form, options);
    const name = form.get('RoleName') ?? '';
    const { arn, trust, maxSessionSeconds = 3_600, boundary } = role;
    const bound =
      boundary === undefined
        ? ''
        : `<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>${boundary}</PermissionsBoundaryArn></PermissionsBoundary>`;
    const path = arn.replace(/^[^/]*/, '').replace(/[^/]*$/, '');
    return `<Role><Path>${path}</Path><Arn>${arn}</Arn><RoleName>${name}</RoleName>${documentAs('AssumeRolePolicyDocument', trust)}<CreateDate>2026-01-01T00:00:00Z</CreateDate>${bound}<RoleId>AROA3XFRBF23EXAMPLE</RoleId><MaxSessionDuration>${maxSessionSeconds}</MaxSessionDuration></Role>`;
  },
  ListAttachedRolePolicies: (form, options) => {
    const role = roleNamed(form, options);
    const arns = Object.keys(policiesOf(role)).filter((name) => isArn(name) && name !== role.boundary);
    const members = arns.map((arn) => `<member><PolicyName>${arn.split('/').at(-1)}</PolicyName><PolicyArn>${arn}</PolicyArn></member>`); // biome-ignore format: one answer
    return `<IsTruncated>false</IsTruncated><AttachedPolicies>${members.join('')}</AttachedPolicies>`;
  },
  ListRolePolicies: (form, options) => {
    const names = Object.keys(policiesOf(roleNamed(form, options))).filter((name) => !isArn(name));
    const members = names.map((name) => `<member>${name}</member>`);
    return `<PolicyNames>${members.join('')}</PolicyNames><IsTruncated>false</IsTruncated>`;
  },
  GetRolePolicy: (form, options) => {
    const document = policiesOf(roleNamed(form, options))[form.get('PolicyName') ?? ''];
    return `<PolicyName>${form.get('PolicyName')}</PolicyName>${documentAs('PolicyDocument', document)}`;
  },
  GetPolicy: (form) =>
    `<Policy><Arn>${form.get('PolicyArn')}</Arn><DefaultVersionId>v7</DefaultVersionId><IsAttachable>true</IsAttachable></Policy>`,
  GetPolicyVersion: (form, { roles }) => {
    const all = roles.flatMap((role) => Object.entries(policiesOf(role)));
    const [, document] = all.find(([arn]) => arn === form.get('PolicyArn')) ?? [];
    if (form.get('VersionId') !== 'v7' || document === undefined) throw new QueryRefusal('NoSuchEntity', 'none', 404);
    return `<PolicyVersion>${documentAs('Document', document)}<VersionId>v7</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>`;
  },
  GetOpenIDConnectProvider: (form, { account, providers }) => {
    const arn = form.get('OpenIDConnectProviderArn') ?? '';
    const provider = providers.find(
      ({ issuer }) => arn === `arn:aws:iam::${account}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`,
    );
    if (provider === undefined) {
      throw new QueryRefusal('NoSuchEntity', `OpenIDConnect Provider not found for arn ${arn}`, 404);
    }
    const ids = provider.audiences.map((one) => `<member>${one}</member>`).join('');
    return `<ThumbprintList/><CreateDate>2026-01-01T00:00:00Z</CreateDate><ClientIDList>${ids}</ClientIDList><Url>${arn.replace(/^.*?oidc-provider\//, '')}</Url>`;
  },
  SimulatePrincipalPolicy: (form, { roles }) => {
    const arn = form.get('PolicySourceArn') ?? '';
    const role = roles.find((one) => one.arn === arn);
    if (role === undefined) throw new QueryRefusal('NoSuchEntity', `${arn} does not exist`, 404);
    const members = (name: string): string[] =>
      [...form].flatMap(([key, value]) => (key.startsWith(`${name}.member.`) ? [value] : []));
    const [resource = '*'] = members('ResourceArns');
    const results = members('ActionNames').map((action) => {
      const decision = role.lacks?.includes(action) === true ? 'implicitDeny' : 'allowed';
      return `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision><EvalResourceName>${resource}</EvalResourceName><MatchedStatements/><MissingContextValues/></member>`;
    });
    return `<IsTruncated>false</IsTruncated><EvaluationResults>${results.join('')}</EvaluationResults>`;
  },
};
