import { describe, expect, it } from 'vitest';
import { isEcrPublic, readEcrHost } from '../../../src/auth/aws/ecr-host.ts';

describe('an ECR host name', () => {
  const plain = { account: '123456789012', fips: false, dualstack: false };
  it.each([
    ['123456789012.dkr.ecr.ap-northeast-1.amazonaws.com', { ...plain, region: 'ap-northeast-1' }],
    ['123456789012.DKR.ECR.eu-west-1.amazonaws.com', { ...plain, region: 'eu-west-1' }],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', { ...plain, region: 'cn-north-1' }],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', { ...plain, region: 'us-gov-west-1', fips: true }],
    ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', { ...plain, region: 'eusc-de-east-1' }],
    ['123456789012.dkr-ecr.us-east-1.on.aws', { ...plain, region: 'us-east-1', dualstack: true }],
    ['123456789012.dkr-ecr-fips.us-east-1.on.aws', { ...plain, region: 'us-east-1', fips: true, dualstack: true }],
    [
      '123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn',
      { ...plain, region: 'cn-northwest-1', dualstack: true },
    ],
    ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', { ...plain, region: 'us-iso-east-1' }],
  ])('%s says its account and region', (host, read) => {
    expect(readEcrHost(host)).toEqual(read);
  });

  it.each([
    'public.ecr.aws',
    'ghcr.io',
    '12345.dkr.ecr.us-east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example',
    'x.123456789012.dkr.ecr.us-east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.on.aws',
    '123456789012.dkr-ecr.us-east-1.amazonaws.com',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com:443',
    '123456789012.dkr.ecr.amazonaws.com',
  ])('%s is none', (host) => {
    expect(readEcrHost(host)).toBeUndefined();
  });

  it('ECR Public is told apart', () => {
    expect(isEcrPublic('public.ecr.aws')).toBe(true);
    expect(isEcrPublic('123456789012.dkr.ecr.us-east-1.amazonaws.com')).toBe(false);
  });
});
