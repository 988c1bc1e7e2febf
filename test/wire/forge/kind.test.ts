import { describe, expect, it } from 'vitest';
import { forgeKind } from '../../../src/wire/forge/kind.ts';

describe('what a git host is', () => {
  it.each([
    ['https://github.com', {}, 'github'],
    ['https://acme.ghe.com', {}, 'github'],
    ['https://gitlab.com', {}, 'gitlab'],
    ['https://gitlab.acme.example', {}, 'gitlab'],
    ['https://codeberg.org', {}, 'gitea'],
    ['https://git.forgejo.example', {}, 'gitea'],
    ['https://git.example', {}, undefined],
    ['https://notgitlab.example', {}, undefined],
    ['https://gitlab', {}, undefined],
    ['https://git.example', { GITHUB_SERVER_URL: 'https://git.example' }, 'github'],
    ['https://git.example', { GITHUB_SERVER_URL: 'https://git.example', GITEA_ACTIONS: 'true' }, 'gitea'],
    ['https://git.example', { GITHUB_SERVER_URL: 'https://git.example', FORGEJO_ACTIONS: 'true' }, 'gitea'],
    ['https://git.example:8443', { CI_SERVER_URL: 'https://git.example:8443' }, 'gitlab'],
    ['https://git.example', { CI_SERVER_URL: 'https://git.example:8443' }, undefined],
  ])('is told by %s and %j', (url, env, kind) => {
    expect(forgeKind(new URL(url), env)).toBe(kind);
  });
});
