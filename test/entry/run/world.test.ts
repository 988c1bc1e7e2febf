import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createWorld } from '../../../src/entry/run/world.ts';

const dir = mkdtempSync(join(tmpdir(), 'tagboat-world-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Every variable with a secret that Tagboat reads, that a runner sets, or that jobs are commonly given. */
const secrets = [
  ...['TOKEN', 'TOKEN_GITLAB_COM', 'APP_PRIVATE_KEY', 'QUEUE_KEY', 'CA_FILE', 'GIT_USER'].map(
    (name) => `TAGBOAT_${name}`,
  ),
  ...['TOKEN', 'APP-PRIVATE-KEY', 'ARGOCD-TOKEN'].map((name) => `INPUT_${name}`),
  ...['ARGOCD_AUTH_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN'],
  ...['CI_JOB_TOKEN', 'NPM_TOKEN', 'DB_PASSWORD', 'SLACK_SECRET', 'STRIPE_API_KEY', 'DEPLOY_PRIVATE_KEY'],
];
const clouds = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AZURE_CLIENT_SECRET', 'GOOGLE_APPLICATION_CREDENTIALS'];
const plain = ['HOME', 'HTTPS_PROXY', 'DOCKER_HOST', 'AWS_REGION', 'GITHUB_SHA', 'SSH_AUTH_SOCK', 'GIT_ASKPASS'];

it.each([
  ['git', []],
  ['docker', clouds],
  ['buildah', clouds],
  ['docker-credential-ecr-login', clouds],
  ['aws-iam-authenticator', clouds],
])('%s is run with nothing that is secret but %j', async (program, needed) => {
  writeFileSync(join(dir, program), '#!/bin/sh\nenv\n');
  chmodSync(join(dir, program), 0o755);
  const planted = Object.fromEntries([...secrets, ...clouds, ...plain].map((name) => [name, `planted-${name}`]));
  const env = { ...planted, PATH: `${dir}:/usr/bin:/bin` };
  const world = createWorld({
    env,
    signal: new AbortController().signal,
    mask: () => undefined,
    notice: () => undefined,
  });
  const { stdout } = await world.exec({ program, args: [] });
  world.close();
  const got = stdout.split('\n').flatMap((line) => /planted-(.*)$/.exec(line)?.[1] ?? []);
  expect(got.sort()).toEqual([...needed, ...plain].sort());
});
