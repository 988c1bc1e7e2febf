import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, resultOf } from '../support/cli.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../support/git-host.ts';

const root = join(import.meta.dirname, '../..');
const text = (page: string) => readFileSync(join(root, page), 'utf8');

/** The lines of shell in a part of a page, without their comments. */
const linesOf = (part: string): string[] =>
  [...part.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');

describe.skipIf(noHttpBackend !== undefined)(`a newcomer${skipNote}`, () => {
  it('comes from git clone to a delivered change of an own app in few steps, by the pages’ own commands', async () => {
    const app = await tempDir();
    await writeFile(join(app, 'Dockerfile'), 'FROM scratch\nCOPY hello /hello\nCMD ["/hello"]\n');
    await writeFile(join(app, 'hello'), 'hello\n');
    await git(app, 'init', '--quiet', '--initial-branch=main');
    const commit = async (message: string) => {
      await git(app, 'add', '--all');
      await git(app, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', 'commit', '--quiet', '-m', message);
    };
    await commit('Open the shop');

    // What the tutorial says to type, up to a delivery by a config of one's own.
    const tutorial = text('docs/tutorial/first-delivery.md');
    const typed = linesOf(tutorial.slice(tutorial.indexOf('## 1.'), tutorial.indexOf('## 4.')));
    const start = typed.filter((line) => line.startsWith('npm start'));
    const init = typed.find((line) => line.startsWith('tagboat init --yes')) ?? '';
    expect(start).toEqual(['npm start', 'npm start -- --app ../my-app']);
    expect(linesOf(text('README.md'))).toEqual(expect.arrayContaining(start));

    const written: string[] = [];
    const run = async (...args: string[]) => {
      const env = { TMPDIR: await tempDir(), GIT_CONFIG_GLOBAL: '/dev/null' };
      // Nobody answers: a question would end the run.
      return resultOf(await cli([...args, '--json'], { cwd: app, env }));
    };
    const demo = () => run('demo', '--exit', '--app', app);
    const landed = { exitCode: 0, value: { runs: [{ commits: [{ is: 'landed' }] }] } };
    expect(await demo()).toMatchObject(landed);

    const words = [...init.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    const made = await run(...words.slice(1));
    expect(made.errors).toEqual([]);
    written.push(...(made.value as { files: { file: string }[] }).files.map(({ file }) => file));
    await writeFile(join(app, 'hello'), 'hello again\n');
    await commit('Greet again');
    const delivered = await demo();
    expect(delivered).toMatchObject(landed);
    expect(JSON.stringify(delivered)).toContain('"shop/values.yaml"');

    // git clone, the demo, one's own app on it, init, the commit of what it wrote, the delivery.
    const commands = ['git clone', ...start, init, 'git commit', start.at(-1)];
    expect(commands.length).toBeLessThanOrEqual(6);
    expect(written).toHaveLength(2);
  });
});
