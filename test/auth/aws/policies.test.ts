import { expect, it } from 'vitest';
import { pushPolicy } from '../../../src/auth/aws/policies.ts';
import { providerName, readRoleArn, subNotes, trustPolicy } from '../../../src/auth/iam/right-policy.ts';
import type { Claims } from '../../../src/auth/id-token.ts';

const claims: Claims = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:acme/shop:environment:prod',
  aud: 'sts.amazonaws.com',
  repository: 'acme/shop',
  repositoryId: '456',
  ownerId: '123',
};

it('the trust policy names the account and provider of the role, and compares aud and sub exactly', () => {
  expect(trustPolicy('arn:aws:iam::210987654321:role/ci/deliver', claims)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          Federated: 'arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': 'repo:acme/shop:environment:prod',
          },
        },
      },
    ],
  });
});

it.each([
  ['arn:aws-cn:iam::210987654321:role/deliver', 'arn:aws-cn:iam::210987654321:oidc-provider/'],
  ['arn:aws-us-gov:iam::210987654321:role/deliver', 'arn:aws-us-gov:iam::210987654321:oidc-provider/'],
  ['deliver', 'arn:aws:iam::ACCOUNT:oidc-provider/'],
])('the provider of %s is in its own partition', (role, federated) => {
  expect(JSON.stringify(trustPolicy(role, claims))).toContain(federated);
});

it('an issuer with a path keeps it: enterprises have issuers of their own', () => {
  expect(providerName('https://token.actions.githubusercontent.com/acme')).toBe(
    'token.actions.githubusercontent.com/acme',
  );
  expect(providerName('https://ghe.acme.example/_services/token')).toBe('ghe.acme.example/_services/token');
});

it('only whole role names are read', () => {
  expect(readRoleArn('arn:aws:iam::210987654321:role/x')).toEqual({ partition: 'aws', account: '210987654321' });
  for (const arn of ['arn:aws:iam::21098765432:role/x', 'arn:aws:iam::210987654321:user/x', 'x', '']) {
    expect(readRoleArn(arn)).toBeUndefined();
  }
});

it('a sub in the old form is shown in the form it will take', () => {
  expect(subNotes(claims).join()).toContain('repo:acme@123/shop@456:environment:prod');
});

it('a sub in the immutable form is shown in the form it had', () => {
  expect(subNotes({ ...claims, sub: 'repo:acme@123/shop@456:environment:prod' }).join()).toContain(
    'repo:acme/shop:environment:prod',
  );
});

it('a sub of another CI has no notes that are about GitHub', () => {
  const sub = 'org/f22b6566/project/4cd0f1b1/user/7d2a2ef9';
  expect(subNotes({ ...claims, repository: undefined, sub })).toEqual([]);
});

it('a sub by a template of its own is said to be one', () => {
  const notes = subNotes({ ...claims, sub: 'repository_owner:acme:job_workflow_ref:x' }).join();
  expect(notes).toContain('template');
});

it('the push policy asks for the login on everything, and for pushing on repositories alone', () => {
  const [login, push] = pushPolicy.Statement;
  expect(login.Resource).toBe('*');
  expect(push.Resource).not.toBe('*');
  expect([login.Action, ...push.Action].filter((action) => action.includes('*'))).toEqual([]);
});
