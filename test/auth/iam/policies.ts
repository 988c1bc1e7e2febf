import { claimsOfJob, gitHubProvider as provider } from '../../../src/auth/iam/claims.ts';
import type { TrustRequest, TrustVerdict } from '../../../src/auth/iam/evaluate.ts';

/** Pages of the IAM User Guide, by their short names, and one of GitHub's. */
export const pages = {
  condition: 'reference_policies_elements_condition',
  operators: 'reference_policies_elements_condition_operators',
  logic: 'reference_policies_evaluation-logic_policy-eval-basics',
  multi: 'reference_policies_multi-key-or-value-conditions',
  sets: 'reference_policies_condition-single-vs-multi-valued-context-keys',
  variables: 'reference_policies_variables',
  principal: 'reference_policies_elements_principal',
  notPrincipal: 'reference_policies_elements_notprincipal',
  action: 'reference_policies_elements_action',
  notAction: 'reference_policies_elements_notaction',
  version: 'reference_policies_elements_version',
  keys: 'reference_policies_iam-condition-keys#ck_aws-oidc',
  global: 'reference_policies_condition-keys',
  gitHubRole: 'id_roles_create_for-idp_oidc#idp_oidc_Create_GitHub',
  sub: 'docs.github.com/actions/reference/security/oidc',
} as const;

export interface PolicyCase {
  readonly title: string;
  readonly page: keyof typeof pages;
  readonly policy: unknown;
  readonly is: TrustVerdict['is'];
  readonly request?: Partial<TrustRequest>;
}

const federated = `arn:aws:iam::123456789012:oidc-provider/${provider}`;
const action = 'sts:AssumeRoleWithWebIdentity';
const main = 'repo:acme/shop:ref:refs/heads/main';

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Condition keys without a colon are claims of the provider. */
const conditions = (all: Conditions): Conditions =>
  Object.fromEntries(
    Object.entries(all).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, value]) => [key.includes(':') ? key : `${provider}:${key}`, value]),
      ),
    ]),
  );
const statement = (all: Conditions, more: Readonly<Record<string, unknown>> = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: federated },
  Action: action,
  Condition: conditions(all),
  ...more,
});
const policyOf = (...statements: readonly unknown[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = (all: Conditions) => policyOf(statement(all));
const deny = (all: Conditions, more = {}) => policyOf(statement({}), statement(all, { Effect: 'Deny', ...more }));

const one = (
  page: PolicyCase['page'],
  title: string,
  policy: unknown,
  is: PolicyCase['is'],
  request?: PolicyCase['request'],
): PolicyCase => ({ title, page, policy, is, ...(request === undefined ? {} : { request }) });

const job = (about: Partial<Parameters<typeof claimsOfJob>[0]>) => ({
  claims: claimsOfJob({
    repo: 'acme/shop',
    ref: 'main',
    environment: undefined,
    audience: 'sts.amazonaws.com',
    ...about,
  }),
});
const production = job({ environment: 'production' });
const immutable = job({ repo: 'acme@123/shop@456' });
const gitLab = (about: Readonly<Record<string, string>> = {}) => ({
  provider: 'gitlab.com',
  claims: {
    aud: 'https://gitlab.com',
    sub: 'project_path:acme/shop:ref_type:branch:ref:main',
    namespace_path: 'acme',
    ...about,
  },
});
const gitLabPolicy = (all: Conditions) =>
  policyOf(statement(all, { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/gitlab.com' } }));

export const policyCases: readonly PolicyCase[] = [
  // String operators.
  one('operators', 'StringEquals compares exactly', allow({ StringEquals: { sub: main } }), 'allowed'),
  one(
    'operators',
    'StringEquals knows capitals',
    allow({ StringEquals: { sub: main.replace('acme', 'Acme') } }),
    'refused',
  ),
  one('operators', 'StringEquals takes * as a character', allow({ StringEquals: { sub: 'repo:acme/*' } }), 'refused'),
  one(
    'operators',
    'StringEqualsIgnoreCase does not know capitals',
    allow({ StringEqualsIgnoreCase: { sub: main.toUpperCase() } }),
    'allowed',
  ),
  one(
    'operators',
    'StringNotEquals of another value',
    allow({ StringNotEquals: { sub: 'repo:acme/other:pull_request' } }),
    'allowed',
  ),
  one('operators', 'StringNotEquals of the same value', allow({ StringNotEquals: { sub: main } }), 'refused'),
  one(
    'operators',
    'StringNotEqualsIgnoreCase of the same value',
    allow({ StringNotEqualsIgnoreCase: { sub: main.toUpperCase() } }),
    'refused',
  ),
  one('operators', 'StringLike with a run', allow({ StringLike: { sub: 'repo:acme/shop:*' } }), 'allowed'),
  one(
    'operators',
    'StringLike: a run crosses slashes and colons',
    allow({ StringLike: { sub: 'repo:*main' } }),
    'allowed',
  ),
  one(
    'operators',
    'StringLike: ? is exactly one character',
    allow({ StringLike: { sub: 'repo:acme/sho?:*' } }),
    'allowed',
  ),
  one('operators', 'StringLike: ? is not none', allow({ StringLike: { sub: 'repo:acme/shop?:*' } }), 'refused'),
  one('operators', 'StringLike knows capitals', allow({ StringLike: { sub: 'repo:ACME/*' } }), 'refused'),
  one(
    'operators',
    'StringLike without a wildcard is the whole value',
    allow({ StringLike: { sub: 'repo:acme/shop' } }),
    'refused',
  ),
  one('operators', 'StringNotLike that fits', allow({ StringNotLike: { sub: '*:pull_request' } }), 'allowed'),
  one('operators', 'StringNotLike that does not', allow({ StringNotLike: { sub: 'repo:acme/*' } }), 'refused'),
  // Keys that a request doesn't have.
  one('operators', 'a missing key fails', allow({ StringEquals: { environment: 'production' } }), 'refused'),
  one(
    'operators',
    'a missing key passes a negated test',
    allow({ StringNotEquals: { environment: 'production' } }),
    'allowed',
  ),
  one(
    'operators',
    'IfExists passes over a missing key',
    allow({ StringEqualsIfExists: { environment: 'production' } }),
    'allowed',
  ),
  one(
    'operators',
    'IfExists tests a key that is there',
    allow({ StringEqualsIfExists: { environment: 'staging' } }),
    'refused',
    production,
  ),
  one('operators', 'Null true is for a key that is missing', allow({ Null: { environment: 'true' } }), 'allowed'),
  one(
    'operators',
    'Null true is not for one that is there',
    allow({ Null: { environment: 'true' } }),
    'refused',
    production,
  ),
  one(
    'operators',
    'Null false is for one that is there',
    allow({ Null: { environment: false } }),
    'allowed',
    production,
  ),
  one('operators', 'Null false is not for one that is missing', allow({ Null: { environment: 'false' } }), 'refused'),
  // Other types.
  one(
    'operators',
    'Bool of a key that every request has',
    allow({ Bool: { 'aws:SecureTransport': 'true' } }),
    'allowed',
  ),
  one('operators', 'Bool false', allow({ Bool: { 'aws:SecureTransport': false } }), 'refused'),
  one(
    'operators',
    'BoolIfExists passes over what is missing',
    allow({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }),
    'allowed',
  ),
  one('operators', 'NumericLessThan', allow({ NumericLessThan: { actor_id: '100' } }), 'allowed', {
    claims: { actor_id: '99' },
  }),
  one('operators', 'NumericLessThan of the same number', allow({ NumericLessThan: { actor_id: 99 } }), 'refused', {
    claims: { actor_id: '99' },
  }),
  one('operators', 'NumericGreaterThanEquals', allow({ NumericGreaterThanEquals: { actor_id: '99' } }), 'allowed', {
    claims: { actor_id: '99' },
  }),
  one('operators', 'NumericNotEquals', allow({ NumericNotEquals: { actor_id: '99' } }), 'refused', {
    claims: { actor_id: '99' },
  }),
  one(
    'operators',
    'DateLessThan before its end',
    allow({ DateLessThan: { 'aws:CurrentTime': '2026-12-31T00:00:00Z' } }),
    'allowed',
  ),
  one(
    'operators',
    'DateLessThan after its end',
    allow({ DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }),
    'refused',
  ),
  one(
    'operators',
    'DateGreaterThan by seconds',
    allow({ DateGreaterThan: { 'aws:EpochTime': '1700000000' } }),
    'allowed',
  ),
  one(
    'operators',
    'ArnEquals of the provider',
    allow({ ArnEquals: { 'aws:FederatedProvider': federated } }),
    'allowed',
  ),
  ...['aws-cn', 'aws-us-gov'].map((partition) =>
    one(
      'operators',
      `ArnEquals of the provider in ${partition}`,
      allow({ ArnEquals: { 'aws:FederatedProvider': federated.replace('arn:aws:', `arn:${partition}:`) } }),
      'allowed',
      { partition },
    ),
  ),
  one(
    'operators',
    'ArnLike part by part',
    allow({ ArnLike: { 'aws:FederatedProvider': 'arn:aws:iam::*:oidc-provider/*' } }),
    'allowed',
  ),
  one(
    'operators',
    'ArnNotLike',
    allow({ ArnNotLike: { 'aws:FederatedProvider': 'arn:aws:iam::*:oidc-provider/*' } }),
    'refused',
  ),
  one(
    'operators',
    'IpAddress rests on what only AWS sees',
    allow({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
    'unknown',
  ),
  // Several keys and values.
  one(
    'multi',
    'several values: any of them',
    allow({ StringEquals: { sub: ['repo:acme/other:pull_request', main] } }),
    'allowed',
  ),
  one(
    'multi',
    'several values of a negated test: none of them',
    allow({ StringNotEquals: { sub: ['repo:acme/other:pull_request', main] } }),
    'refused',
  ),
  one(
    'multi',
    'several keys: all of them',
    allow({ StringEquals: { aud: 'sts.amazonaws.com', sub: 'repo:acme/other:pull_request' } }),
    'refused',
  ),
  one(
    'multi',
    'several operators: all of them',
    allow({ StringEquals: { aud: 'other' }, StringLike: { sub: 'repo:acme/*' } }),
    'refused',
  ),
  one('condition', 'names of keys know no capitals', allow({ StringEquals: { [`${provider}:SUB`]: main } }), 'allowed'),
  // Sets of values.
  one(
    'sets',
    'ForAllValues passes when the key is missing',
    allow({ 'ForAllValues:StringEquals': { environment: 'production' } }),
    'allowed',
  ),
  one(
    'sets',
    'ForAllValues of a key that is there',
    allow({ 'ForAllValues:StringLike': { sub: 'repo:acme/*' } }),
    'allowed',
  ),
  one('sets', 'ForAllValues wants all values', allow({ 'ForAllValues:StringEquals': { aud: ['a'] } }), 'refused', {
    claims: { aud: ['a', 'b'] },
  }),
  one('sets', 'ForAnyValue wants one value', allow({ 'ForAnyValue:StringEquals': { aud: ['a'] } }), 'allowed', {
    claims: { aud: ['a', 'b'] },
  }),
  one(
    'sets',
    'ForAnyValue fails when the key is missing',
    allow({ 'ForAnyValue:StringEquals': { environment: 'production' } }),
    'refused',
  ),
  one('sets', 'ForAnyValue of a pattern', allow({ 'ForAnyValue:StringLike': { sub: 'repo:acme/*' } }), 'allowed'),
  // Variables.
  one(
    'variables',
    'a variable is filled in',
    allow({ StringLike: { sub: `repo:\${${provider}:repository}:*` } }),
    'allowed',
  ),
  one(
    'variables',
    'a variable without a value matches nothing',
    allow({ StringLike: { sub: `repo:\${${provider}:environment}*` } }),
    'refused',
  ),
  one(
    'variables',
    "a variable's default",
    allow({ StringLike: { sub: `repo:\${${provider}:environment, 'acme'}/*` } }),
    'allowed',
  ),
  one('variables', 'an escaped star is the character', allow({ StringLike: { sub: `repo:acme/\${*}` } }), 'refused'),
  one(
    'version',
    'without a version variables are text',
    { Statement: [statement({ StringLike: { sub: `repo:\${${provider}:repository}:*` } })] },
    'refused',
  ),
  // Principals and actions.
  one(
    'principal',
    'another provider',
    policyOf(statement({}, { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/gitlab.com' } })),
    'refused',
  ),
  one(
    'principal',
    'the provider of another account',
    policyOf(statement({}, { Principal: { Federated: federated.replace('123456789012', '210987654321') } })),
    'refused',
  ),
  one(
    'principal',
    'one of several providers',
    policyOf(
      statement({}, { Principal: { Federated: ['arn:aws:iam::123456789012:oidc-provider/gitlab.com', federated] } }),
    ),
    'allowed',
  ),
  one(
    'principal',
    'an account alone lets no token in',
    policyOf(statement({}, { Principal: { AWS: '123456789012' } })),
    'refused',
  ),
  one(
    'notPrincipal',
    'a Deny for everybody but this provider',
    policyOf(
      statement({}),
      statement({}, { Effect: 'Deny', Principal: undefined, NotPrincipal: { Federated: federated } }),
    ),
    'allowed',
  ),
  one('action', 'a pattern of actions', policyOf(statement({}, { Action: 'sts:AssumeRole*' })), 'allowed'),
  one(
    'action',
    'actions know no capitals',
    policyOf(statement({}, { Action: ['STS:assumerolewithwebidentity', 'sts:TagSession'] })),
    'allowed',
  ),
  one('action', 'sts:AssumeRole is another action', policyOf(statement({}, { Action: 'sts:AssumeRole' })), 'refused'),
  one(
    'notAction',
    'NotAction leaves this one',
    policyOf(statement({}, { Action: undefined, NotAction: 'sts:AssumeRole' })),
    'allowed',
  ),
  // Allow and Deny.
  one('logic', 'a Deny that fits decides', deny({ StringLike: { sub: 'repo:acme/*' } }), 'denied'),
  one('logic', 'a Deny that does not fit', deny({ StringNotEquals: { ref: 'refs/heads/main' } }), 'allowed'),
  one(
    'logic',
    'a Deny for everyone but one branch',
    deny({ StringNotEquals: { ref: 'refs/heads/release' } }),
    'denied',
  ),
  one('logic', 'a Deny with * as its principal', deny({ Null: { environment: 'true' } }, { Principal: '*' }), 'denied'),
  one('logic', 'nothing that fits is a no', policyOf(), 'refused'),
  one(
    'logic',
    'one statement of several is enough',
    policyOf(statement({ StringEquals: { sub: 'x' } }), statement({ StringEquals: { sub: main } })),
    'allowed',
  ),
  one(
    'logic',
    'a Statement need not be a list',
    { Version: '2012-10-17', Statement: statement({ StringEquals: { sub: main } }) },
    'allowed',
  ),
  // What STS knows of a token.
  one(
    'keys',
    'a claim of GitHub that is a key',
    allow({ StringEquals: { repository: 'acme/shop', ref: 'refs/heads/main' } }),
    'allowed',
  ),
  one('keys', 'a claim that is no key never matches', allow({ StringEquals: { repository_owner: 'acme' } }), 'refused'),
  one(
    'keys',
    'a claim that is no key passes a negated test',
    allow({ StringNotEquals: { repository_owner: 'evil' } }),
    'allowed',
  ),
  one('keys', "the repository's id", allow({ StringEquals: { repository_id: '456' } }), 'allowed', immutable),
  one('keys', 'an id that nobody told', allow({ StringEquals: { repository_id: '456' } }), 'unknown'),
  one('keys', 'azp takes the place of aud', allow({ StringEquals: { aud: 'client', oaud: 'other' } }), 'allowed', {
    claims: { aud: 'other', azp: 'client' },
  }),
  one(
    'keys',
    'GitLab: sub',
    gitLabPolicy({ StringEquals: { 'gitlab.com:sub': 'project_path:acme/shop:ref_type:branch:ref:main' } }),
    'allowed',
    gitLab(),
  ),
  one(
    'keys',
    'GitLab: a pattern of sub',
    gitLabPolicy({ StringLike: { 'gitlab.com:sub': 'project_path:acme/*:ref_type:tag:*' } }),
    'refused',
    gitLab(),
  ),
  one(
    'keys',
    'GitLab: its other claims are no keys',
    gitLabPolicy({ StringEquals: { 'gitlab.com:namespace_path': 'acme' } }),
    'refused',
    gitLab(),
  ),
  // Forms of sub.
  one(
    'gitHubRole',
    'any branch of a repository',
    allow({ StringLike: { sub: 'repo:acme/shop:ref:refs/heads/*' } }),
    'allowed',
  ),
  one(
    'gitHubRole',
    'a pull request is no branch',
    allow({ StringLike: { sub: 'repo:acme/shop:ref:*' } }),
    'refused',
    job({ ref: 'refs/pull/5/merge' }),
  ),
  one(
    'sub',
    'an environment takes the place of the branch',
    allow({ StringEquals: { sub: main } }),
    'refused',
    production,
  ),
  one(
    'sub',
    'an environment by its name',
    allow({ StringEquals: { sub: 'repo:acme/shop:environment:production' } }),
    'allowed',
    production,
  ),
  one(
    'sub',
    'a tag',
    allow({ StringLike: { sub: 'repo:acme/shop:ref:refs/tags/v*' } }),
    'allowed',
    job({ ref: 'refs/tags/v1.2' }),
  ),
  one(
    'sub',
    'the immutable form under the old one',
    allow({ StringLike: { sub: 'repo:acme/*' } }),
    'refused',
    immutable,
  ),
  one(
    'sub',
    'the immutable form by its ids',
    allow({ StringLike: { sub: 'repo:acme@123/shop@456:*' } }),
    'allowed',
    immutable,
  ),
  one('sub', 'the old form under the immutable one', allow({ StringLike: { sub: 'repo:acme@123/*' } }), 'refused'),
];
