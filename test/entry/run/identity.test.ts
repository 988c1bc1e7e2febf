import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identityIn } from '../../../src/entry/run/prepare.ts';
import { createExec, type Exec } from '../../../src/wire/exec.ts';
import { testWorld } from '../../support/world.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tagboat-identity-'));
  await writeFile(join(home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.test\n');
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Who commits with these variables, and how often git was asked. */
async function identityWith(more: Record<string, string>) {
  const env = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...more };
  let asked = 0;
  const git = createExec(env);
  const exec: Exec = (command) => {
    asked += 1;
    return git(command);
  };
  const { actions, gitUser } = await identityIn({ ...testWorld(), env, exec }, home);
  return { actions, gitUser, asked };
}

const ci = { name: 'CI', email: 'ci@example.test' };
const writer = { GIT_AUTHOR_NAME: 'Bob', GIT_AUTHOR_EMAIL: 'bob@example.test' };

it("git's own variables come before its configuration, and the committer's before the author's", async () => {
  const committer = { GIT_COMMITTER_NAME: ' CI ', GIT_COMMITTER_EMAIL: ci.email };
  expect(await identityWith({ ...writer, ...committer })).toEqual({ actions: false, gitUser: ci, asked: 0 });
  const bob = { name: 'Bob', email: 'bob@example.test' };
  expect(await identityWith(writer)).toEqual({ actions: false, gitUser: bob, asked: 0 });
});

it('half a name is none, and then git is asked', async () => {
  const ada = { name: 'Ada', email: 'ada@example.test' };
  expect(await identityWith({ GIT_COMMITTER_NAME: 'CI', GIT_AUTHOR_EMAIL: ' ' })).toEqual({
    ...{ actions: false, gitUser: ada, asked: 1 },
  });
});

it("in Actions, GitHub's own account commits whatever the variables say", async () => {
  expect(await identityWith({ ...writer, GITHUB_ACTIONS: 'true' })).toEqual({
    ...{ actions: true, gitUser: undefined, asked: 0 },
  });
});
