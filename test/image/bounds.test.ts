import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openContext } from '../../src/image/context/context.ts';
import { machineTrouble } from '../../src/image/tree/workspace.ts';
import { pushBaseImage } from '../support/base-image.ts';
import { tempDir } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { build, type Files, planFor, writeContext } from './images.ts';

let host = '';
beforeAll(async () => {
  const registry = await startOwnRegistry();
  host = registry.host;
  return () => registry.close();
});

/** The code that a build of these files ends in. */
async function ends(files: Files, env: Record<string, string> = {}): Promise<unknown> {
  const dir = await tempDir();
  await writeContext(dir, files);
  const world = testWorld();
  return build({ ...world, env: { ...world.env, ...env } }, planFor(host, dir)).then(
    ({ is }) => is,
    (error: { code?: string }) => error.code ?? error,
  );
}

const doubled = (word: string, times: number) =>
  Array.from({ length: times }, (_, at) => `${word} A${at + 1}=$A${at}$A${at}`).join('\n');

describe('work that a few lines could make endless has a bound, and is refused', () => {
  it.each<[string, Files]>([
    ['ARG doubled before FROM', { Dockerfile: `ARG A0=0123456789\n${doubled('ARG', 40)}\nFROM scratch\nCOPY f /\n` }],
    ['ENV doubled', { Dockerfile: `FROM scratch\nENV A0=0123456789\n${doubled('ENV', 40)}\nCOPY f /\n` }],
    [
      'ENV doubled in quotes',
      { Dockerfile: `FROM scratch\nENV A=0123456789\n${'ENV A="$A$A"\n'.repeat(40)}COPY f /\n` },
    ],
    [
      'a label doubled',
      { Dockerfile: `FROM scratch\nARG A0=xxx\n${doubled('ARG', 18)}\nLABEL a="$A18$A18$A18"\nCOPY f /\n` },
    ],
    [
      'every letter replaced by much',
      {
        Dockerfile: `FROM scratch\nARG A0=xxx\n${doubled('ARG', 13)}\nARG B=\${A13//x/$A13}\nCOPY f /\n`,
      },
    ],
    [
      'EXPOSE with many ranges',
      {
        Dockerfile: `FROM scratch\nEXPOSE ${Array.from({ length: 900 }, (_, at) => `${at + 1}-65535`).join(' ')}\nCOPY f /\n`,
      },
    ],
  ])('%s', async (_what, files) => {
    expect(await ends({ f: 'f', ...files })).toBe('DOCKERFILE_INVALID');
  });

  it.each([`${'**a'.repeat(100)}`, 'a'.repeat(5_000), `!${'*b'.repeat(50)}`])('the pattern %.20s…', async (pattern) => {
    const files = { Dockerfile: 'FROM scratch\nCOPY f /\n', f: 'f', '.dockerignore': `x\n${pattern}\n` };
    expect(await ends(files)).toBe('DOCKERIGNORE_INVALID');
  });

  it('a path of 250,000 folders in an archive', async () => {
    const dir = await tempDir();
    const script = `
import tarfile, io
t = tarfile.open('${dir}/data.tar', 'w', format=tarfile.PAX_FORMAT)
t.addfile(tarfile.TarInfo('a/' * 250000 + 'f'), io.BytesIO(b''))
t.close()`;
    execFileSync('python3', ['-c', script]);
    await writeContext(dir, { Dockerfile: 'FROM scratch\nADD data.tar /\n' });
    await expect(build(testWorld(), planFor(host, dir))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('a base config of 2,000 levels', async () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 2_000; level++) deep = [deep];
    await pushBaseImage(host, { repository: 'deep', tag: '1', layers: [], config: { Deep: deep } });
    expect(await ends({ Dockerfile: `FROM ${host}/deep:1\nCOPY f /\n`, f: 'f' })).toBe('BASE_UNREADABLE');
  });

  it('what is allowed still is', async () => {
    const files = {
      Dockerfile: `FROM scratch\nARG A0=0123456789\n${doubled('ARG', 10)}\nEXPOSE 1-65535 1-65535/udp 80\nCOPY f /\n`,
      f: 'f',
      '.dockerignore': '**/*.md\n*a*b*c*\n',
    };
    expect(await ends(files)).toBe('built');
  });
});

it('a stop is heard while patterns are matched', async () => {
  const dir = await tempDir();
  const files = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`${'a'.repeat(200)}${at}`, '']));
  await writeContext(dir, { ...files, '.dockerignore': `${`${'*a'.repeat(31)}b*\n`.repeat(400)}` });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error('stopped')), 60);
  onTestFinished(() => clearTimeout(timer));
  const { root } = await openContext('app', dir, undefined, { signal: stop.signal });
  await expect(root.children()).rejects.toThrow('stopped');
});

describe('a machine that is in the way is no fault of ours', () => {
  it.each([
    ['that is not there', '/nowhere/at/all'],
    ['that is a file', import.meta.filename],
  ])('a TMPDIR %s', async (_what, dir) => {
    expect(await ends({ Dockerfile: 'FROM scratch\nCOPY f /\n', f: 'f' }, { TMPDIR: dir })).toBe('TEMP_UNUSABLE');
  });

  it.each([
    ['EFBIG', undefined, 'TEMP_UNUSABLE'],
    ['EMFILE', undefined, 'TEMP_UNUSABLE'],
    ['EACCES', '/tmp/x/1', 'TEMP_UNUSABLE'],
    ['EACCES', '/home/me/f', undefined],
    ['ENOSPC', undefined, 'DISK_FULL'],
    ['ECONNRESET', undefined, undefined],
  ])('%s at %s', (code, path, expected) => {
    const inner = Object.assign(new Error(code), { code, ...(path === undefined ? {} : { path }) });
    expect(machineTrouble(new Error('outer', { cause: inner }), '/tmp/x')?.code).toBe(expected);
  });

  it('an archive with holes in its files goes to a builder', async () => {
    const dir = await tempDir();
    execFileSync('sh', ['-c', 'truncate -s 2M sparse && tar --format=gnu --sparse -czf data.tar.gz sparse'], {
      cwd: dir,
    });
    await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nADD data.tar.gz /\n');
    const image = planFor(host, dir, { engine: 'assemble' });
    await expect(build(testWorld(), image)).rejects.toMatchObject({ code: 'ASSEMBLE_NEEDS_BUILDER' });
  });
});
