import { describe, expect, it } from 'vitest';
import { checkDestination } from '../../../src/auth/registry/destination.ts';
import { authIn, callsOf, failureOf, registryAt, startCloud } from '../cloud.ts';

describe('what a job has for AWS or GitHub is sent', () => {
  it.each([
    ['ecr', '127.0.0.1:5000', {}],
    ['ecr', 'images.acme.example', { TAGBOAT_ECR_HOST: 'other.example, Images.acme.example' }],
    ['ghcr', 'ghcr.io', {}],
    ['ghcr', 'localhost:5000', {}],
    ['ghcr', 'containers.ghe.example', { GITHUB_SERVER_URL: 'https://ghe.example' }],
    ['ghcr', 'gitea.example:3000', { GITHUB_SERVER_URL: 'https://gitea.example:3000' }],
  ] as const)('as %s to %s with %j', (login, host, env) => {
    expect(() => checkDestination(registryAt(host, login), login, env)).not.toThrow();
  });

  it.each([
    ['ecr', 'evil.example', {}],
    ['ecr', '127.0.0.1.evil.example', {}],
    ['ecr', 'localhost.evil.example:5000', {}],
    ['ghcr', 'evil.example', {}],
    ['ghcr', 'ghcr.io.evil.example', {}],
    ['ghcr', 'ghcr.io:8443', {}],
    ['ghcr', 'containers.evil.example', { GITHUB_SERVER_URL: 'https://ghe.example' }],
    ['ghcr', 'evil.example', { TAGBOAT_ECR_HOST: 'evil.example' }],
  ] as const)('as %s not to %s with %j', (login, host, env) => {
    expect(() => checkDestination(registryAt(host, login), login, env)).toThrow(
      expect.objectContaining({ code: 'TOKEN_ELSEWHERE', exitCode: 2 }),
    );
  });

  it('not by plain http over a network', () => {
    const registry = { ...registryAt('ghcr.io', 'ghcr'), insecure: true };
    expect(() => checkDestination(registry, 'ghcr', {})).toThrow(expect.objectContaining({ code: 'TOKEN_ELSEWHERE' }));
  });
});

it('no token is even made for a registry that the config names and that is not ECR', async () => {
  const cloud = await startCloud();
  const auth = authIn(cloud, { GITHUB_TOKEN: 'ghs_job' });
  for (const login of ['ecr', 'ghcr'] as const) {
    const error = await failureOf(auth.registry(registryAt('registry.evil.example', login)));
    expect(error).toMatchObject({ code: 'TOKEN_ELSEWHERE', data: { host: 'registry.evil.example' } });
  }
  expect(callsOf(cloud)).toEqual({});
});
