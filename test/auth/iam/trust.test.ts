import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { claimsOfJob, gitHubProvider as provider } from '../../../src/auth/iam/claims.ts';
import type { TrustRequest } from '../../../src/auth/iam/evaluate.ts';
import { reviewTrust } from '../../../src/auth/iam/trust.ts';
import { pages, policyCases } from './policies.ts';

const account = '123456789012';
const request: TrustRequest = {
  provider,
  account,
  claims: claimsOfJob({ repo: 'acme/shop', ref: 'main', environment: undefined, audience: 'sts.amazonaws.com' }),
  now: Date.UTC(2026, 6, 1),
};
const review = (policy: unknown, about: Partial<TrustRequest> = {}) =>
  reviewTrust(typeof policy === 'string' ? policy : JSON.stringify(policy, null, 2), {
    file: 'trust.json',
    account,
    request: { ...request, ...about },
  });
const codes = (policy: unknown, about: Partial<TrustRequest> = {}) => [
  ...new Set(review(policy, about).findings.map(({ code }) => code)),
];

describe("IAM's answer to a token, as its documentation has it", () => {
  it.each(policyCases.map((one) => [`${one.title} (${pages[one.page]})`, one] as const))('%s', (_, one) => {
    expect(review(one.policy, one.request).verdict).toBe(one.is);
  });

  it('is known of at least sixty policies, each with its page', () => {
    expect(policyCases.length).toBeGreaterThanOrEqual(60);
  });
});

const sub = (pattern: string, operator = 'StringLike', more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${provider}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { [operator]: { [`${provider}:sub`]: pattern, ...more } },
    },
  ],
});

describe('who may assume a role', () => {
  it.each([
    ['*', 'any repository on GitHub', 'TRUST_OPEN'],
    ['repo:*', 'any repository on GitHub', 'TRUST_OPEN'],
    ['repo:*/*', 'any repository on GitHub', 'TRUST_OPEN'],
    ['repo:acme*', 'any repository of any owner whose name begins with acme', 'TRUST_OPEN'],
    ['repo:acme/*', 'any repository of acme: any branch, tag, pull request and environment', 'TRUST_WIDE'],
    ['repo:acme/*:ref:refs/heads/*', 'any branch of acme/*', 'TRUST_WIDE'],
    ['repo:acme/*:ref:refs/heads/main', 'any repository of acme at main', 'TRUST_WIDE'],
    ['repo:acme/shop:*', 'acme/shop: any branch, tag, pull request and environment', undefined],
    ['repo:acme/shop:ref:refs/heads/*', 'any branch of acme/shop', undefined],
    ['repo:acme/shop:ref:refs/heads/main', 'acme/shop at main', undefined],
    ['repo:acme/shop:ref:refs/tags/v*', 'any tag of acme/shop like v*', undefined],
    ['repo:acme/shop:environment:production', 'acme/shop in environment production', undefined],
    ['repo:acme/shop:pull_request', 'pull requests of acme/shop', undefined],
    ['repo:acme@1/shop@2:ref:refs/heads/main', 'acme (id 1)/shop (id 2) at main', undefined],
    ['repo:acme@*/shop@*:ref:refs/heads/main', 'acme/shop at main', undefined],
    [
      'repo:acme*/shop@*:ref:refs/heads/main',
      'any repository of acme* whose name is like shop@* at main',
      'TRUST_OPEN',
    ],
    ['repo:acme/shop', 'nobody: sub goes on after "repo:acme/shop", with ":ref:" and the like', 'TRUST_NOBODY'],
  ])('sub like %s is %s', (pattern, words, code) => {
    const found = reviewTrust(JSON.stringify(sub(pattern)), { file: 'x', account, request: undefined });
    expect(found.mayAssume).toEqual([words]);
    expect(found.findings.map((one) => one.code)).toEqual(code === undefined ? [] : [code]);
  });

  it('is narrowed by other claims', () => {
    const about = { [`${provider}:repository_id`]: '456', [`${provider}:environment`]: 'production' };
    const found = reviewTrust(JSON.stringify(sub('*', 'StringLike', about)), {
      file: 'x',
      account,
      request: undefined,
    });
    expect(found.mayAssume).toEqual([
      'any repository on GitHub, where repository_id is "456" and environment is "production"',
    ]);
    expect(found.findings).toEqual([]);
  });

  it('is a project and branch on GitLab', () => {
    const text = JSON.stringify(sub('project_path:acme/shop:ref_type:branch:ref:main')).replaceAll(
      provider,
      'gitlab.com',
    );
    expect(reviewTrust(text, { file: 'x', account, request: undefined }).mayAssume).toEqual(['acme/shop at main']);
  });
});

describe('what is wrong with a trust policy', () => {
  const right = sub('repo:acme/shop:ref:refs/heads/main', 'StringEquals', { [`${provider}:aud`]: 'sts.amazonaws.com' });
  const statement = right.Statement[0];
  const changed = (more: object) => ({ ...right, Statement: [{ ...statement, ...more }] });
  const text = JSON.stringify(right, null, 2);

  it('is nothing, of a right one', () => {
    expect(review(right)).toMatchObject({ findings: [], verdict: 'allowed', mayAssume: ['acme/shop at main'] });
    expect(JSON.parse(review(right).policy ?? '')).toEqual({
      ...right,
      Statement: [
        { ...statement, Condition: { StringEquals: expect.objectContaining(statement?.Condition.StringEquals ?? {}) } },
      ],
    });
  });

  it.each<[string, unknown, string]>([
    [
      'a trailing comma',
      text.replace('"Effect": "Allow",', '"Effect": "Allow",').replace(/\n\s*\}\n\s*\]/, ',\n}]'),
      'TRUST_NOT_JSON',
    ],
    ['a missing comma', text.replace('"Allow",', '"Allow"'), 'TRUST_NOT_JSON'],
    ['typeset quotes', text.replace('"Version"', '“Version”'), 'TRUST_NOT_JSON'],
    ['a wide space', text.replace('  "Version"', '\u3000"Version"'), 'TRUST_NOT_JSON'],
    ['a comment', text.replace('{', '{ // ours'), 'TRUST_NOT_JSON'],
    ['a text that never ends', text.replace('"Allow",', '"Allow,'), 'TRUST_NOT_JSON'],
    ['nothing at all', '', 'TRUST_NOT_JSON'],
    ['a key twice', text.replace('"Version"', '"Version": "2008-10-17", "Version"'), 'TRUST_KEY_TWICE'],
    ['an effect in small letters', changed({ Effect: 'allow' }), 'TRUST_GRAMMAR'],
    ['a Resource', changed({ Resource: '*' }), 'TRUST_GRAMMAR'],
    [
      'an operator that there is not',
      changed({ Condition: { StringEqual: statement?.Condition.StringEquals } }),
      'TRUST_OPERATOR',
    ],
    ['a provider by its URL', changed({ Principal: { Federated: `https://${provider}` } }), 'TRUST_PRINCIPAL'],
    ['an account that is a placeholder', text.replace(account, 'ACCOUNT'), 'TRUST_PRINCIPAL'],
    ['a provider of another account', text.replace(account, '210987654321'), 'TRUST_ACCOUNT_OTHER'],
    ['another action', changed({ Action: 'sts:AssumeRole' }), 'TRUST_ACTION'],
    ['a key without its provider', changed({ Condition: { StringEquals: { sub: 'x' } } }), 'TRUST_KEY'],
    [
      'a claim that STS does not know',
      sub('repo:acme/shop:*', 'StringLike', { [`${provider}:repository_owner`]: 'acme' }),
      'TRUST_CLAIM',
    ],
    ['a wildcard that is none', sub('repo:acme/*', 'StringEquals'), 'TRUST_WILDCARD'],
    [
      'a test that passes over what is missing',
      sub('repo:acme/shop:*', 'ForAllValues:StringLike', { [`${provider}:environment`]: 'x' }),
      'TRUST_PASSES_MISSING',
    ],
    [
      'a variable without its version',
      { ...sub(`repo:\${${provider}:repository}:*`), Version: '2008-10-17' },
      'TRUST_VARIABLE',
    ],
    ['no sub', changed({ Condition: { StringEquals: { [`${provider}:aud`]: 'sts.amazonaws.com' } } }), 'TRUST_OPEN'],
    ['an owner alone', sub('repo:acme/*'), 'TRUST_WIDE'],
    ['nobody', sub('repo:acme/*', 'StringEquals'), 'TRUST_NOBODY'],
    ['this run left out', sub('repo:acme/other:*'), 'TRUST_REFUSED'],
    ['what only AWS knows', sub('repo:acme/shop:*', 'StringLike', { [`${provider}:actor_id`]: '1' }), 'TRUST_UNSURE'],
  ])('%s', (_, policy, code) => {
    expect(codes(policy)).toContain(code);
  });

  it('has its place: line, column and the line itself', () => {
    const [fault] = review(text.replace('"Allow",', '"Allow",,')).findings;
    expect(fault?.place).toMatchObject({ file: 'trust.json', line: 5 });
    expect(fault?.place?.text?.[(fault.place.column ?? 0) - 1]).toBe(',');
  });

  it('is found in what `aws iam get-role` prints as well', () => {
    expect(review({ Role: { AssumeRolePolicyDocument: right } }).verdict).toBe('allowed');
  });
});

describe('the trust policy of the article', () => {
  const article = readFileSync(new URL('fixtures/article.txt', import.meta.url), 'utf8');
  const found = reviewTrust(article, { file: 'role-github.txt', account: undefined, request: undefined });
  const at = (code: string) => found.findings.filter((one) => one.code === code).map(({ place }) => place?.line);

  it('is no JSON: the places of both commas are told', () => {
    expect(at('TRUST_NOT_JSON')).toEqual([12, 16]);
  });

  it('drops its check of sub, so any repository on GitHub may assume the role', () => {
    expect(at('TRUST_KEY_TWICE')).toEqual([14]);
    expect(found.mayAssume).toEqual(['any repository on GitHub']);
    expect(at('TRUST_OPEN')).toHaveLength(1);
  });

  it('has a placeholder where the account belongs', () => {
    expect(at('TRUST_PRINCIPAL')).toEqual([7]);
  });

  it('becomes right with one pattern for sub and one text for aud', () => {
    const { Statement } = JSON.parse(found.policy ?? '') as { Statement: [{ Condition: unknown }] };
    expect(Statement[0].Condition).toEqual({
      StringEquals: { [`${provider}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${provider}:sub`]: 'repo:アカウント名/*' },
    });
  });

  it('would refuse that owner with the check that was meant: a pattern is none under StringEquals', () => {
    const meant = article.replace(/\},\n\t\s*"StringEquals": \{/, ',').replace(/,(\s*[},])/g, '$1');
    const one = reviewTrust(meant, { file: 'x', account: undefined, request: { ...request, account: undefined } });
    expect(one.verdict).toBe('refused');
    expect(one.findings.map(({ code }) => code)).toContain('TRUST_WILDCARD');
  });
});

it('reading any text ends, and never throws', () => {
  const text = JSON.stringify(sub('repo:acme/*'), null, 1);
  for (let at = 0; at <= text.length; at += 1) {
    review(text.slice(0, at));
    review(`${text.slice(0, at)},${text.slice(at)}`);
    review(`${text.slice(0, at)}"${text.slice(at)}`);
  }
  expect(review('['.repeat(5_000)).findings).toHaveLength(1);
});
