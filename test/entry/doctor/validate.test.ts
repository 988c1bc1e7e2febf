import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edit } from '../../../src/entry/commands/edit/edit.ts';
import { hold, unhold } from '../../../src/entry/commands/hold.ts';
import { holds } from '../../../src/entry/commands/holds.ts';
import { plan } from '../../../src/entry/commands/plan.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { queue } from '../../../src/entry/commands/queue.ts';
import { rollback } from '../../../src/entry/commands/rollback.ts';
import { wait } from '../../../src/entry/commands/wait.ts';
import { validate } from '../../../src/entry/doctor/validate.ts';
import { exitCodes } from '../../../src/errors/codes.ts';
import { harbour } from '../../support/argocd.ts';
import { git, noHttpBackend, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };

it('tagboat validate tells every mistake in one run, outside of a repository too', async () => {
  const dir = await tempDir();
  await writeFile(join(dir, 'tagboat.yaml'), 'registry: https://x\nimages: { app: { engin: docker } }\nno: 1\n');
  const { exitCode, errors } = await here(validate(common), { command: 'validate', cwd: dir });
  expect(exitCode).toBe(2);
  expect(errors.map(({ code, place }) => [code, place?.line])).toEqual([
    ['CONFIG_VALUE_INVALID', 1],
    ['CONFIG_KEY_UNKNOWN', 2],
    ['CONFIG_KEY_UNKNOWN', 3],
  ]);
});

it('tagboat validate tells of plain git that it has no pull requests, as plan does', async () => {
  const dir = await tempDir();
  const at = (name: string, repo: string, more = '') =>
    `  ${name}: { repo: "${repo}", from: main, via: pullRequest, set: { ${name}.yaml: { .a: "{tag}" } }${more} }\n`;
  const sound = `${at('named', 'https://git.example/acme/config', ', pullRequest: { host: gitea }')}${at('known', 'acme/config')}${at('unset', `https://$${'{GIT_HOST}'}/acme/config`)}`;
  const asked = async (deliveries: string) => {
    await writeFile(join(dir, 'tagboat.yaml'), `deliveries:\n${deliveries}`);
    return (await here(validate(common), { command: 'validate', cwd: dir })).errors;
  };
  expect(await asked(sound)).toEqual([]);
  expect(await asked(sound + at('plain', 'https://git.example/acme/config.git'))).toMatchObject([
    {
      ...{ code: 'PULL_REQUEST_IMPOSSIBLE', exitCode: 2, about: ['plain'] },
      message: expect.stringContaining('nothing tells what git.example is, and plain git has no pull requests'),
    },
  ]);
});

it.each(['just text\n', '- a\n- b\n', '1\n'])('tagboat validate tells once that %j is no map', async (text) => {
  const dir = await tempDir();
  await writeFile(join(dir, 'tagboat.yaml'), text);
  expect((await here(validate(common), { cwd: dir })).errors.map(({ code }) => code)).toEqual(['CONFIG_VALUE_INVALID']);
});

it('tagboat validate needs a file', async () => {
  expect((await here(validate(common), { cwd: await tempDir() })).errors[0]?.code).toBe('CONFIG_MISSING');
});

it.skipIf(noHttpBackend !== undefined)(
  'what needs no registry never asks for the account, nor for a token of the job',
  async () => {
    const { host, argocd, repo } = await harbour();
    const first = await host.commit('config', { files: { 'a.yaml': 'tag: x\n', 'b.yaml': 'tag: y\n' } });
    await host.commit('config', { files: { 'a.yaml': 'tag: z\n' } });
    const app = await tempDir();
    await git(app, 'init', '--quiet', '--initial-branch=main');
    await writeFile(join(app, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const text = `registry: \${AWS_ACCOUNT}.dkr.ecr.\${AWS_REGION}.amazonaws.com
aws: { role: "arn:aws:iam::\${AWS_ACCOUNT}:role/deliver", region: "\${AWS_REGION}" }
images: { app: { args: { V: "\${BUILD}" } } }
argocd: { server: "${argocd.url}" }
deliveries:
  a: { from: main, repo: ${repo}, set: { a.yaml: { .tag: "{tag}" } } }
  front: { from: other, repo: ${repo}, set: { main/values.yaml: { .front.imageTag: "{tag}" } }, application: front }
  b: { from: other, repo: ${repo}, set: { b.yaml: { .tag: "{tag}" } } }
`;
    await writeFile(join(app, 'tagboat.yaml'), text);
    await writeFile(join(app, 'local.yaml'), 'tag: 0\n');
    await git(app, 'add', '--all');
    await git(app, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
    for (const command of [
      validate(common),
      holds(common, undefined, {}),
      queue(common, undefined, {}),
      promote(common, ['a', 'b'], { check: true }),
      promote(common, ['a', 'b'], {}),
      hold(common, 'a', { why: 'looked into' }),
      unhold(common, 'a', {}),
      rollback(common, 'a', { to: first, force: true }),
      edit('local.yaml', ['.tag=1'], { check: false, create: false }),
    ]) {
      expect((await here(command, { cwd: app, env: { ARGOCD_AUTH_TOKEN: 'x' } })).errors).toEqual([]);
    }
    // On this clock its time is over at once: that Argo CD is waited for, and nothing else missed, is what counts here.
    const waited = wait(common, { application: ['front'], sync: false, branch: 'main' });
    const { errors } = await here(waited, { cwd: app, env: { ARGOCD_AUTH_TOKEN: 'x' } });
    expect(errors.filter(({ exitCode }) => exitCode < exitCodes.unhealthy)).toEqual([]);
    expect(await host.git('config', 'show', 'main:a.yaml')).toBe('tag: x\n');
    const planned = await here(plan(common), { cwd: app });
    expect(planned.errors).toEqual([]);
    expect(planned.events.some((event) => event.type === 'commit.previewed')).toBe(true);
    const told = planned.events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])).join();
    for (const name of ['AWS_ACCOUNT', 'AWS_REGION', 'BUILD']) expect(told).toContain(name);
  },
);
