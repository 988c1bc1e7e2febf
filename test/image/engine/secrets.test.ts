import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { previewImage } from '../../../src/image/image.ts';
import { checkFiles } from '../../../src/image/reuse/check-before.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Command, Finished } from '../../../src/wire/exec.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, imageRun, planFor, writeContext } from '../images.ts';

const value = 'a-token-that-nobody-sees';

/** An app repo, a registry that has what the stand-in of a builder pushes, and what that was called with. */
async function app(run: string, more: Partial<ImagePlan>, env: Record<string, string> = {}) {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, {
    Dockerfile: `FROM scratch\nWORKDIR /\n${run}\n`,
    key: 'the key of a machine',
    'a,b': value,
  });
  const { digest } = await pushBaseImage(registry.host, { repository: 'app', tag: 't', layers: [] });
  const built: Command[] = [];
  const exec = async (command: Command): Promise<Finished> => {
    const { program, args } = command;
    const ended = { code: 0, signal: null, stdout: '', stderr: '', missing: false };
    if (args.includes('build') && !args.includes('--help')) built.push(command);
    if (args[0] === 'version') {
      return { ...ended, stdout: '{"Client":{"Version":"20.10.24"},"Server":{"Version":"20.10.24"}}' };
    }
    if (args[1] === 'inspect') return { ...ended, stdout: 'Driver: docker-container\n' };
    const iidfile = args[args.indexOf('--iidfile') + 1];
    if (program === 'docker' && args.includes('--iidfile')) await writeFile(iidfile ?? '', digest);
    return ended;
  };
  const masked: string[] = [];
  const world = {
    ...testWorld({ env: { TMPDIR: await tempDir(), ...env }, exec }),
    mask: (secret: string) => void masked.push(secret),
  };
  return { plan: planFor(registry.host, dir, { engine: 'buildah', ...more }), world, dir, built, masked };
}

const npm = { id: 'npm', from: 'env', variable: 'NPM_TOKEN' } as const;

describe('build secrets and SSH', () => {
  it.each([
    'buildx',
    'docker',
    'buildah',
  ] as const)('reach %s by names and files in its arguments, with their content in its environment alone', async (engine) => {
    const { plan, world, dir, built, masked } = await app(
      'RUN x',
      { engine },
      { NPM_TOKEN: value, SSH_AUTH_SOCK: '/' },
    );
    const secrets = [
      npm,
      { id: 'key', from: 'src', file: join(dir, 'key') },
      { id: 'odd', from: 'src', file: join(dir, 'a,b') },
    ] as const;
    const ssh = [
      { id: 'default', key: undefined },
      { id: 'gh', key: join(dir, 'key') },
    ];
    await build(world, { ...plan, secrets, ssh });
    const [{ args, env } = { args: [], env: {} }] = built;
    const given = args.flatMap((word, at) => (word === '--secret' || word === '--ssh' ? [args[at + 1]] : []));
    expect(given).toEqual([
      'id=npm,type=env,env=NPM_TOKEN',
      `id=key,type=file,src=${dir}/key`,
      `id=odd,type=file,"src=${dir}/a,b"`,
      'default',
      `gh=${dir}/key`,
    ]);
    expect(env).toMatchObject({ NPM_TOKEN: value, SSH_AUTH_SOCK: '/' });
    expect(JSON.stringify([args, world.events])).not.toContain(value);
    expect(masked).toEqual(expect.arrayContaining([value, 'the key of a machine']));
  });

  it.each<[string, Partial<ImagePlan>, Record<string, string>]>([
    ['a variable that is not set', { secrets: [npm] }, {}],
    ['an empty variable', { secrets: [npm] }, { NPM_TOKEN: '' }],
    ['a file that is not there', { secrets: [{ id: 'ca', from: 'src', file: '/nowhere/ca.pem' }] }, {}],
    ['a folder', { secrets: [{ id: 'ca', from: 'src', file: '/' }] }, {}],
    ['a key that is not there', { ssh: [{ id: 'gh', key: '/nowhere/id' }] }, {}],
    ['an agent that is not there', { ssh: [{ id: 'default', key: undefined }] }, {}],
    ['a socket that is not there', { ssh: [{ id: 'default', key: undefined }] }, { SSH_AUTH_SOCK: '/nowhere/agent' }],
  ])('of %s are refused at plan time', async (_, more, env) => {
    const { plan, world, built } = await app('RUN x', more, env);
    const refused = { code: 'BUILD_SECRET_MISSING', data: { image: 'app' } };
    await expect(previewImage(imageRun(world), plan)).rejects.toMatchObject(refused);
    await expect(build(world, plan)).rejects.toMatchObject(refused);
    expect(built).toEqual([]);
  });

  const ofMount = (mount: string) => `RUN true \\\n && true\nRUN --mount=${mount} cat /run/secrets/npm`;
  it.each<[string, string]>([
    ['type=secret,id=npm,required=true', 'npm'],
    ['type=secret,id=npm,required', 'npm'],
    ['type=secret,target=/etc/npm,required=1', 'npm'],
    ['required=TRUE,dst=/npm,type=secret', 'npm'],
    ['type=ssh,required=true', 'default'],
    ['type=ssh,id=gh,required', 'gh'],
  ])('that a mount, %s, cannot do without are refused with its line', async (mount, id) => {
    const { plan, world, built } = await app(
      ofMount(mount),
      { secrets: [{ ...npm, id: 'other' }] },
      { NPM_TOKEN: value },
    );
    const refused = { code: 'MOUNT_NOT_GIVEN', data: { id }, place: { file: plan.dockerfile, line: 5 } };
    await expect(previewImage(imageRun(world), plan)).rejects.toMatchObject(refused);
    await expect(checkFiles(imageRun(world), plan)).rejects.toMatchObject(refused);
    expect(built).toEqual([]);
  });

  it.each([
    ofMount('type=secret,id=npm'),
    ofMount('type=secret,id=npm,required=false'),
    ofMount('type=ssh'),
    ofMount('type=secret,id=$WHICH,required=true'),
    ofMount('type=cache,target=/x'),
    `RUN x\nFROM scratch\nCOPY key /key`,
  ])('that nothing needs are not asked for: %j', async (run) => {
    const { plan, world } = await app(run, {});
    expect(await previewImage(imageRun(world), plan)).toMatchObject({ is: 'built' });
  });

  it('of a stage that is not needed are not asked for', async () => {
    const { plan, world } = await app(`${ofMount('type=secret,id=npm,required=true')}\nFROM scratch\nRUN x`, {});
    expect(await previewImage(imageRun(world), plan)).toMatchObject({ is: 'built' });
  });

  it('count by their names and kinds, never by what is in them', async () => {
    const { plan, world, dir } = await app('RUN x', {}, { NPM_TOKEN: value, OTHER: 'x', SSH_AUTH_SOCK: '/' });
    const hash = async (more: Partial<ImagePlan>) => {
      const preview = await previewImage(imageRun(world), { ...plan, ...more });
      return preview.is === 'built' ? preview.fingerprint : undefined;
    };
    const one = await hash({ secrets: [npm] });
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash({ secrets: [{ ...npm, variable: 'OTHER' }] })).toBe(one);
    const file = join(dir, 'key');
    const different = [
      one,
      await hash({}),
      await hash({ secrets: [{ ...npm, id: 'other' }] }),
      await hash({ secrets: [{ id: 'npm', from: 'src', file }] }),
      await hash({ ssh: [{ id: 'npm', key: undefined }] }),
      await hash({ ssh: [{ id: 'npm', key: file }] }),
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(await hash({ secrets: [{ id: 'npm', from: 'src', file: join(dir, 'a,b') }] })).toBe(different[3]);
  });
});
