import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { containerKeys } from '../../../src/auth/aws/container.ts';
import { tempDir } from '../../support/git-host.ts';
import { serveHttp } from '../../support/servers.ts';
import { testWorld } from '../../support/world.ts';

const given = { AccessKeyId: 'ASIA', SecretAccessKey: 'hidden', Token: 'session', Expiration: '2030-01-01T00:00:00Z' };

async function place(answer: object, status = 200) {
  const tokens: (string | undefined)[] = [];
  const server = await serveHttp((request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  const home = await tempDir();
  const env = {
    HOME: home,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server}/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod',
  };
  return { tokens, home, env, ask: (more = {}) => containerKeys(testWorld({ env: { ...env, ...more } })) };
}

it("a container's keys are asked for with its token, and only where the SDK's chain comes to them", async () => {
  const { tokens, home, ask } = await place(given);
  expect(await ask()).toEqual({ accessKeyId: 'ASIA', secretAccessKey: 'hidden', sessionToken: 'session' });
  expect(tokens).toEqual(['pod']);
  expect(await ask({ AWS_PROFILE: 'other' })).toBeUndefined();
  expect(await ask({ AWS_WEB_IDENTITY_TOKEN_FILE: '/token' })).toBeUndefined();
  expect(await ask({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://keys.test/' })).toBeUndefined();
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws', 'config'), '[default]\nregion = eu-west-1\n');
  expect(await ask()).toBeUndefined();
  expect(tokens).toHaveLength(1);
});

it.each([
  [400, { message: 'no role' }, { kind: 'status', retryable: false, peerText: 'no role' }],
  [503, {}, { kind: 'status', retryable: true }],
  [200, { AccessKeyId: 'ASIA' }, { kind: 'malformed' }],
])('an answer without keys is none: %i %j', async (status, answer, failure) => {
  await expect((await place(answer, status)).ask()).rejects.toMatchObject(failure);
});
