import { expect, it } from 'vitest';
import { isSecretName, secretsOf } from '../../src/wire/secret-names.ts';

it.each([
  ...[
    'TAGBOAT_TOKEN',
    'TAGBOAT_TOKEN_GIT_EXAMPLE_TEST',
    'TAGBOAT_QUEUE_KEY',
    'TAGBOAT_APP_PRIVATE_KEY',
    'GITHUB_TOKEN',
  ],
  ...['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'AWS_SESSION_TOKEN', 'ARGOCD_AUTH_TOKEN', 'PAT', 'GH_PAT', 'DB_PWD', 'DB_PASS'],
  ...['SIGNING_KEY', 'api_key', 'APIKEY', 'DOCKER_AUTH_CONFIG', 'CLIENT_SECRET', 'npm_config__auth'],
])('%s is the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

it.each([
  ...['PATH', 'PWD', 'OLDPWD', 'KEYBOARD', 'KEY_COUNT', 'AWS_REGION', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'TAGBOAT_APP_ID'],
  ...[
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'TAGBOAT_GIT_HOST',
    'TAGBOAT_CA_FILE',
    'SONAR_PROJECT_KEY',
    'CACHE_KEY',
    'AUTHOR',
  ],
])('%s is none', (name) => {
  expect(isSecretName(name)).toBe(false);
});

it('secrets are those of such names, and the passwords of proxies, as they stand in the URL and as they are meant', () => {
  const env = {
    ...{ GH_PAT: ' ghp_0123456789 ', EMPTY_TOKEN: '', SHORT_KEY: 'main', TAGBOAT_QUEUE_KEY: 'abcd', PATH: '/bin' },
    ...{ https_proxy: 'http://bob:p%40ss@proxy.test:1', ALL_PROXY: 'eve:w0rd@proxy.test', NO_PROXY: 'a.test,b.test' },
    HTTP_PROXY: 'http://proxy.test:3128/a:b@c',
  };
  expect(secretsOf(env).map(([, value]) => value)).toEqual(['ghp_0123456789', 'abcd', 'p%40ss', 'p@ss', 'w0rd']);
});
