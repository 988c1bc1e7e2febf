import { describe, expect, it } from 'vitest';
import { isInTheClear } from '../../../src/auth/clear.ts';
import {
  appApi,
  type GitRepo,
  githubApi,
  graphqlUrl,
  hostVariable,
  isBound,
  readGitUrl,
  tokenUser,
  tokenVariables,
} from '../../../src/auth/git/host.ts';

function repo(url: string): GitRepo {
  const read = readGitUrl(url);
  if (read === undefined) throw new Error(`${url} is no repo`);
  return read;
}

describe('a repo URL', () => {
  it.each([
    ['https://github.com/acme/config', 'github.com', 'acme', 'config'],
    ['https://GitHub.com/acme/config.git', 'github.com', 'acme', 'config'],
    ['https://github.com/acme/config.git/', 'github.com', 'acme', 'config'],
    ['https://git.example:8443/acme/my.config', 'git.example:8443', 'acme', 'my.config'],
    ['https://gitlab.com/group/sub/config.git', 'gitlab.com', undefined, undefined],
  ])('%s is at %s', (url, host, owner, name) => {
    expect(repo(url)).toMatchObject({ host, owner, name });
  });

  it.each([
    'git@github.com:acme/config.git',
    'ssh://git@github.com/acme/config',
    '/srv/config.git',
    'file:///srv',
    '',
  ])('%j carries no token', (url) => expect(readGitUrl(url)).toBeUndefined());

  it('sends a token in the clear over http, except on loopback', () => {
    expect(isInTheClear(new URL('http://git.example/a/b'))).toBe(true);
    expect(isInTheClear(new URL('http://127.0.0.1.evil.example/a/b'))).toBe(true);
    for (const host of ['127.0.0.1:80', 'localhost', '[::1]:8080']) {
      expect(isInTheClear(new URL(`http://${host}/a/b`))).toBe(false);
    }
    expect(isInTheClear(new URL('https://git.example/a/b'))).toBe(false);
  });
});

describe('the variable that holds a token', () => {
  it("is the host's own before the common one", () => {
    expect(tokenVariables('git.example:8443', {})).toEqual(['TAGBOAT_TOKEN_GIT_EXAMPLE_8443', 'TAGBOAT_TOKEN']);
  });

  it('is never the common one on a host that TAGBOAT_GIT_HOST leaves out', () => {
    const env = { TAGBOAT_GIT_HOST: 'github.com, Git.Example:8443' };
    expect(tokenVariables('github.com', env)).toContain('TAGBOAT_TOKEN');
    expect(tokenVariables('git.example:8443', env)).toContain('TAGBOAT_TOKEN');
    for (const host of ['evil.example', 'github.com.evil.example', 'git.example', 'xgithub.com']) {
      expect(tokenVariables(host, env)).not.toContain('TAGBOAT_TOKEN');
    }
    expect(isBound('anything', { TAGBOAT_GIT_HOST: ' ' })).toBe(true);
  });

  it.each([
    ['GitHub Actions', { GITHUB_SERVER_URL: 'https://github.com' }, 'github.com'],
    ['Actions of an enterprise server', { GITHUB_SERVER_URL: 'https://ghe.example:8443/' }, 'ghe.example:8443'],
    ['GitLab CI', { CI_SERVER_URL: 'https://gitlab.example' }, 'gitlab.example'],
  ])("is in %s the common one on that server's host alone, unless TAGBOAT_GIT_HOST names others", (_, env, own) => {
    expect(tokenVariables(own, env)).toContain('TAGBOAT_TOKEN');
    for (const host of ['evil.example', `${own}.evil.example`, `${own}1`]) {
      expect(tokenVariables(host, env)).toEqual([hostVariable(host)]);
      expect(tokenVariables(host, { ...env, TAGBOAT_GIT_HOST: host })).toContain('TAGBOAT_TOKEN');
      expect(tokenVariables(own, { ...env, TAGBOAT_GIT_HOST: host })).not.toContain('TAGBOAT_TOKEN');
    }
  });

  it('is never that of another host whose name differs by a hyphen', () => {
    expect(hostVariable('git.my-acme.example:8443')).toBe('TAGBOAT_TOKEN_GIT_MY__ACME_EXAMPLE_8443');
    const hosts = ['git.acme.example', 'git-acme.example', 'git.acme-example.test', 'git.acme.example.test'];
    expect(new Set(hosts.map(hostVariable)).size).toBe(hosts.length);
  });
});

it.each([
  ['github.com', 'x-access-token'],
  ['gitlab.com', 'oauth2'],
  ['gitlab.acme.example', 'oauth2'],
  ['code.gitlab.acme.example:8443', 'oauth2'],
  ['notgitlab.example', 'x-access-token'],
  ['bitbucket.org', 'x-token-auth'],
  ['dev.azure.com', 'x-access-token'],
])('the username on %s is %s, unless one is given', (host, user) => {
  expect(tokenUser(host, {})).toBe(user);
  expect(tokenUser(host, { TAGBOAT_GIT_USER: 'deploy' })).toBe('deploy');
});

describe('the API for an App', () => {
  const actions = { GITHUB_API_URL: 'https://api.github.com', GITHUB_SERVER_URL: 'https://github.com' };
  const ghes = { GITHUB_API_URL: 'https://ghe.acme.example/api/v3/', GITHUB_SERVER_URL: 'https://ghe.acme.example' };
  it.each([
    ['github.com in a job there', 'https://github.com/a/b', actions, 'https://api.github.com'],
    ['github.com elsewhere', 'https://github.com/a/b', {}, 'https://api.github.com'],
    ['github.com in a job of an enterprise server', 'https://github.com/a/b', ghes, 'https://api.github.com'],
    ['ghe.com', 'https://acme.ghe.com/a/b', actions, 'https://api.acme.ghe.com'],
    ['an enterprise server in its job', 'https://ghe.acme.example/a/b', ghes, 'https://ghe.acme.example/api/v3'],
    ['an enterprise server elsewhere', 'https://ghe.acme.example:8443/a/b', {}, 'https://ghe.acme.example:8443/api/v3'],
    [
      'an API given by hand',
      'https://git.example/a/b',
      { GITHUB_API_URL: 'https://api.example' },
      'https://api.example',
    ],
  ])('of %s', (_, url, env, api) => {
    expect(githubApi(repo(url), env)).toBe(api);
    // GraphQL stands beside it: /api/v3 and /api/graphql on an enterprise server, else below the API's root.
    expect(graphqlUrl(repo(url), env)).toBe(api.endsWith('/v3') ? api.replace(/v3$/, 'graphql') : `${api}/graphql`);
  });

  it("has its GraphQL where the job says, for the job's own host alone", () => {
    const job = { ...ghes, GITHUB_GRAPHQL_URL: 'https://ghe.acme.example/other/graphql' };
    expect(graphqlUrl(repo('https://ghe.acme.example/a/b'), job)).toBe('https://ghe.acme.example/other/graphql');
    expect(graphqlUrl(repo('https://github.com/a/b'), job)).toBe('https://api.github.com/graphql');
  });

  it.each([
    'https://gitlab.com/a/b',
    'https://github.com.evil.example/a/b',
    'https://evilghe.com/a/b',
  ])('is nowhere for %s in a job on github.com: a token request there could be used on the real one', (url) =>
    expect(githubApi(repo(url), actions)).toBeUndefined());
});

describe("an App's token request", () => {
  const elsewhere = 'https://ghe.acme.example/a/b';
  it.each([
    ['github.com', 'https://github.com/a/b', {}, 'https://api.github.com'],
    [
      'a host that TAGBOAT_GIT_HOST names',
      elsewhere,
      { TAGBOAT_GIT_HOST: 'ghe.acme.example' },
      `https://ghe.acme.example/api/v3`,
    ],
    [
      'the host of the job',
      elsewhere,
      { GITHUB_SERVER_URL: 'https://ghe.acme.example' },
      'https://ghe.acme.example/api/v3',
    ],
    [
      'an API given by hand',
      elsewhere,
      { GITHUB_API_URL: 'https://ghe.acme.example/api/v3' },
      'https://ghe.acme.example/api/v3',
    ],
    ['no host that a config file alone names', elsewhere, {}, undefined],
    [
      'no ghe.com in a job on github.com',
      'https://acme.ghe.com/a/b',
      { GITHUB_SERVER_URL: 'https://github.com' },
      undefined,
    ],
  ])('goes to %s', (_, url, env, api) => expect(appApi(repo(url), env)).toBe(api));
});
