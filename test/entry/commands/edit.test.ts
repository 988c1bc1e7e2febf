import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, resultOf } from '../../support/cli.ts';
import { tempDir } from '../../support/git-host.ts';

const text = '\uFEFFfront:\n  tag: a # kept\n';

async function withFile(name = 'values.yaml', content = text): Promise<string> {
  const dir = await tempDir();
  await mkdir(join(dir, name, '..'), { recursive: true });
  await writeFile(join(dir, name), content);
  return dir;
}

describe('tagboat edit', () => {
  const named: [string, string, (dir: string) => string][] = [
    ['./values.yaml', 'values.yaml', () => './values.yaml'],
    ['an absolute path', 'values.yaml', (dir) => join(dir, 'values.yaml')],
    ['a path with .. in it', 'my envs/values.yaml', () => 'my envs/../my envs/values.yaml'],
  ];
  it.each(named)('prints a diff that git applies, for %s and a file with a byte order mark', async (_, name, asked) => {
    const dir = await withFile(name);
    const { code, stdout } = await cli(['edit', asked(dir), '.front.tag=b', '--check'], { cwd: dir });
    expect(code).toBe(0);
    const applied = spawnSync('git', ['apply', '-'], { cwd: dir, input: stdout, encoding: 'utf8' });
    expect([applied.status, applied.stderr]).toEqual([0, '']);
    expect(await readFile(join(dir, name), 'utf8')).toBe(text.replace('a #', 'b #'));
  });

  it('edits a file named .JSON as JSON', async () => {
    const dir = await withFile('V.JSON', '{\n  "a": 1\n}\n');
    expect((await cli(['edit', 'V.JSON', '.b=x', '--create'], { cwd: dir })).code).toBe(0);
    expect(await readFile(join(dir, 'V.JSON'), 'utf8')).toBe('{\n  "a": 1,\n  "b": "x"\n}\n');
  });

  it('tells nothing with --quiet', async () => {
    const dir = await withFile();
    const { code, stdout, stderr } = await cli(['edit', 'values.yaml', '.front.tag=b', '-q'], { cwd: dir });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });

  it('warns of what a diff does not show: aliases and another type', async () => {
    const dir = await withFile('values.yaml', 'a: &t 1.9\nb: *t\n');
    const done = await cli(['edit', 'values.yaml', '.a=1.10', '--check', '-q'], { cwd: dir });
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('+a: &t "1.10"');
    expect(done.stderr).toContain('line 2');
    expect(done.stderr).toContain('number → text');
    const json = await cli(['edit', 'values.yaml', '.a:=2', '--json'], { cwd: dir });
    expect(resultOf(json).value).toMatchObject({ changes: [{ aliases: [2], before: '1.9', after: '2' }] });
  });

  it('refuses a pipe, which may never end', async () => {
    const dir = await tempDir();
    spawnSync('mkfifo', [join(dir, 'pipe.yaml')]);
    const done = await cli(['edit', 'pipe.yaml', '.a=b', '--json'], { cwd: dir });
    expect(resultOf(done).errors[0]?.code).toBe('EDIT_FILE_UNREADABLE');
  });

  it('refuses two values for one place, however it is spelt, and changes nothing', async () => {
    const dir = await withFile();
    const done = await cli(['edit', 'values.yaml', '.front.tag=x', '.front["tag"]=w', '--json'], { cwd: dir });
    expect([done.code, resultOf(done).errors[0]?.code]).toEqual([2, 'VALUE_SET_TWICE']);
    expect(await readFile(join(dir, 'values.yaml'), 'utf8')).toBe(text);
  });

  it('refuses an empty value that was not written as one', async () => {
    const dir = await withFile();
    const empty = await cli(['edit', 'values.yaml', '.front.tag=', '--json'], { cwd: dir });
    expect([empty.code, resultOf(empty).errors[0]?.code]).toEqual([2, 'USAGE']);
    expect((await cli(['edit', 'values.yaml', '.front.tag=""'], { cwd: dir })).code).toBe(0);
    expect(await readFile(join(dir, 'values.yaml'), 'utf8')).toBe(text.replace('a #', '"" #'));
  });
});
