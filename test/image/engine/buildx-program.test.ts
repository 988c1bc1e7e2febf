import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askBuildx, buildxProgram } from '../../../src/image/engine/buildx-program.ts';
import { createOnce } from '../../../src/image/run.ts';
import type { Command, Finished } from '../../../src/wire/exec.ts';
import { tempDir } from '../../support/git-host.ts';
import { testWorld } from '../../support/world.ts';
import { type Files, writeContext } from '../images.ts';

const program = { text: '\x7fELF', mode: 0o755 };
const plugin = 'home/.docker/cli-plugins/docker-buildx';
const usual: Files = { 'bin/docker': program, [plugin]: program };

/** What starts buildx with these files, and all that was asked to find out. */
async function started(files: Files, answers: Readonly<Record<string, Partial<Finished>>> = {}, home = 'home') {
  const dir = await tempDir();
  await writeContext(dir, files);
  const asked: string[] = [];
  const exec = async ({ program, args }: Command): Promise<Finished> => {
    const line = [program.replace(`${dir}/`, ''), ...args].join(' ');
    asked.push(line);
    const known: typeof answers = {
      'docker --version': { stdout: 'Docker version 28.2.2, build e6534b4' },
      ...answers,
    };
    return { code: 0, signal: null, stdout: '', stderr: '', missing: false, ...known[line] };
  };
  const env = { PATH: `${join(dir, 'none')}:${join(dir, 'bin')}`, HOME: home === '' ? undefined : join(dir, home) };
  const run = { once: createOnce(), world: testWorld({ exec, env }) };
  await askBuildx(run, 'inspect', 'b');
  const found = await buildxProgram(run);
  return { program: found.program.replace(`${dir}/`, ''), env: found.env, asked, dir };
}

describe('the program of buildx', () => {
  it("is the plugin's own, started as docker starts it", async () => {
    const { program, env, asked } = await started(usual);
    expect(program).toBe(plugin);
    expect(env).toEqual({ DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker' });
    expect(asked.sort()).toEqual(['docker --version', `${plugin} buildx inspect b`, `${plugin} buildx version`]);
  });

  it.each<[string, Parameters<typeof started>]>([
    ['no plugin lies in a folder of docker', [{ 'bin/docker': program }]],
    ['nobody has a home', [usual, {}, '']],
    [
      'docker is a script, which may become another user',
      [{ ...usual, 'bin/docker': { text: '#!/bin/sh\n', mode: 0o755 } }],
    ],
    [
      'docker is a link to a program of another name, which starts docker in a world of its own',
      [{ [plugin]: program, 'bin/shim': program, 'bin/docker': { link: 'shim' } }],
    ],
    ['docker runs as another group', [{ ...usual, 'bin/docker': { text: '\x7fELF', mode: 0o2755 } }]],
    ['no docker is there', [{ [plugin]: program }]],
    ['podman is called docker', [usual, { 'docker --version': { stdout: 'podman version 5.0.0' } }]],
    ['docker does not run', [usual, { 'docker --version': { code: null, missing: true } }]],
    ['the plugin does not run', [usual, { [`${plugin} buildx version`]: { code: null, missing: true } }]],
  ])('is docker where %s', async (_, given) => {
    const { program, env, asked } = await started(...given);
    expect(program).toBe('docker');
    expect(env).toBeUndefined();
    expect(asked).toContain('docker buildx inspect b');
  });

  it('is found behind a link to docker too', async () => {
    const linked: Files = { [plugin]: program, 'app/docker': program, 'bin/docker': { link: '../app/docker' } };
    expect((await started(linked)).program).toBe(plugin);
  });

  it('is the first that docker finds, in the folders of its configuration before its own', async () => {
    const extra = join(await tempDir(), 'extra');
    await writeContext(extra, { 'docker-buildx': program });
    const config = JSON.stringify({ cliPluginsExtraDirs: [join(extra, 'none'), extra] });
    expect((await started({ ...usual, 'home/.docker/config.json': config })).program).toBe(
      join(extra, 'docker-buildx'),
    );
  });
});
