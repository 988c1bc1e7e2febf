import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holds } from '../../../src/entry/commands/holds.ts';
import { plan } from '../../../src/entry/commands/plan.ts';
import { promote } from '../../../src/entry/commands/promote.ts';
import { queue } from '../../../src/entry/commands/queue.ts';
import { validate } from '../../../src/entry/doctor/validate.ts';
import { git, gitHost, noHttpBackend, tempDir } from '../../support/git-host.ts';
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

it('tagboat validate needs a file', async () => {
  expect((await here(validate(common), { cwd: await tempDir() })).errors[0]?.code).toBe('CONFIG_MISSING');
});

it.skipIf(noHttpBackend !== undefined)(
  'what needs no registry never asks for the account, nor for a token of the job',
  async () => {
    const host = await gitHost();
    const repo = await host.createRepo('config', { files: { 'a.yaml': 'tag: x\n', 'b.yaml': 'tag: y\n' } });
    const app = await tempDir();
    await git(app, 'init', '--quiet', '--initial-branch=main');
    await writeFile(join(app, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const text = `registry: \${AWS_ACCOUNT}.dkr.ecr.\${AWS_REGION}.amazonaws.com
aws: { role: "arn:aws:iam::\${AWS_ACCOUNT}:role/deliver", region: "\${AWS_REGION}" }
images: { app: { args: { V: "\${BUILD}" } } }
deliveries:
  a: { from: main, repo: ${repo}, set: { a.yaml: { .tag: "{tag}" } } }
  b: { from: other, repo: ${repo}, set: { b.yaml: { .tag: "{tag}" } } }
`;
    await writeFile(join(app, 'tagboat.yaml'), text);
    await git(app, 'add', '--all');
    await git(app, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
    for (const command of [
      validate(common),
      holds(common, undefined, {}),
      queue(common, undefined, {}),
      promote(common, 'a', 'b', { check: true }),
    ]) {
      expect((await here(command, { cwd: app })).errors).toEqual([]);
    }
    const planned = await here(plan(common), { cwd: app });
    expect(planned.errors).toEqual([]);
    expect(planned.events.some((event) => event.type === 'commit.previewed')).toBe(true);
    const told = planned.events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])).join();
    for (const name of ['AWS_ACCOUNT', 'AWS_REGION', 'BUILD']) expect(told).toContain(name);
  },
);
