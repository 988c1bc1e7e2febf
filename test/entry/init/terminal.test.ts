import { spawn, spawnSync } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { appRepo } from './scene.ts';

const cli = resolve(import.meta.dirname, '../../../dist/cli.js');
const python = spawnSync('python3', ['-c', 'import pty']).status === 0;
const util = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const skip = python || util ? '' : ' [skipped: install python3, or script of util-linux]';

/** A command on a terminal of its own: python's pty, or else script(1), which stand between it and our pipes. */
function onTerminal(args: readonly string[], cwd: string) {
  // A terminal of no width would show one sign a line.
  const command = ['sh', '-c', 'stty cols 120 rows 40; exec "$@"', 'sh', process.execPath, cli, ...args];
  const [program, ...rest] = python
    ? ['python3', '-c', 'import pty,sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)', ...command]
    : ['script', '-qec', command.map((one) => `'${one}'`).join(' '), '/dev/null'];
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1', TERM: 'xterm' };
  const child = spawn(program as string, rest, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  let told: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    told();
  });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  void ended.then(() => told());
  return {
    ended,
    /** Waits until the question is shown after what was answered before, then types. */
    async answer(question: string, keys: string): Promise<void> {
      for (let at = shown.indexOf(question); at < 0; at = shown.indexOf(question)) {
        if (child.exitCode !== null) throw new Error(`It ended without asking ${question}: ${shown}`);
        await new Promise<void>((next) => {
          told = next;
        });
      }
      shown = shown.slice(shown.indexOf(question) + question.length);
      child.stdin.write(keys);
    },
  };
}

describe.skipIf(skip !== '')(`init on a terminal${skip}`, () => {
  const files = {
    'services/api/Dockerfile': 'FROM scratch\nCOPY x /\n',
    'services/api/x': 'x',
    'compose.yaml': 'services:\n  worker:\n    build: { context: services/api, target: worker }\n',
    'docker-bake.hcl': 'target "api" {\n  context = "services/api"\n}\n',
  };
  const there = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );

  it('asks what nothing tells, and writes what is answered', async () => {
    const dir = await appRepo(files, 'https://github.com/acme/shop');
    const { answer, ended } = onTerminal(['init'], dir);
    await answer('Which images should be built?', '\r');
    await answer('Where are images pushed?', '/team\r');
    await answer('Which branch is delivered?', '\r');
    await answer('Which config repo does Argo CD follow?', 'acme/config\r');
    await answer('Which value does a delivery set?', 'shop/values.yaml:.image.tag\r');
    expect(await ended).toBe(0);
    const config = parse(await readFile(join(dir, 'tagboat.yaml'), 'utf8'));
    expect(config).toMatchObject({
      registry: 'ghcr.io/acme/team',
      images: { api: { context: 'services/api' }, worker: { target: 'worker' } },
      deliveries: { main: { repo: 'acme/config', set: { 'shop/values.yaml': { '.image.tag': '{tag}' } } } },
    });
    expect(await there(join(dir, '.github/workflows/ship.yml'))).toBe(true);
  });

  it('ended by Ctrl-C between two questions has written nothing', async () => {
    const dir = await appRepo(files, 'https://github.com/acme/shop');
    const { answer, ended } = onTerminal(['init'], dir);
    await answer('Which images should be built?', '\r');
    await answer('Where are images pushed?', '\x03');
    expect(await ended).toBe(130);
    expect([await there(join(dir, 'tagboat.yaml')), await there(join(dir, '.github'))]).toEqual([false, false]);
  });

  it('shows the diff before it asks whether to replace a file, and leaves it at a no', async () => {
    const dir = await appRepo(files, 'https://github.com/acme/shop');
    await writeFile(join(dir, 'tagboat.yaml'), 'images: { mine: {} }\n');
    const { answer, ended } = onTerminal(
      [
        'init',
        '--registry',
        'ghcr.io/acme',
        '--from',
        'main',
        '--config-repo',
        'acme/config',
        '--place',
        'v.yaml:.tag',
      ],
      dir,
    );
    await answer('Which images should be built?', '\r');
    await answer('-images: { mine: {} }', '');
    await answer('Replace it?', 'n');
    expect(await ended).toBe(2);
    expect(await readFile(join(dir, 'tagboat.yaml'), 'utf8')).toBe('images: { mine: {} }\n');
    expect(await there(join(dir, '.github'))).toBe(false);
  });
});
