import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bareEnv, peakMemory, run } from '../../../bench/process.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';

const cli = join(import.meta.dirname, '../../../dist/cli.js');

/** A file of noise, which no compression makes smaller. */
async function writeNoise(file: string, megabytes: number): Promise<void> {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, megabytes), Buffer.alloc(16));
  const target = createWriteStream(file);
  for (let n = 0; n < megabytes; n++) {
    if (!target.write(cipher.update(Buffer.alloc(1_000_000)))) await once(target, 'drain');
  }
  target.end();
  await once(target, 'close');
}

/** The most memory that a build of these megabytes had at once, in megabytes: a base with that file, and an image that copies from both. */
async function peakOf(megabytes: number): Promise<number> {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  const env = bareEnv(dir);
  const git = (...args: string[]) => run({ argv: ['git', ...args], cwd: dir, env });
  await mkdir(join(dir, 'context'));
  await writeNoise(join(dir, 'context', 'large'), megabytes);
  await writeFile(join(dir, 'Dockerfile.base'), 'FROM scratch\nCOPY large /large\n');
  const base = `${registry.host}/base:1`;
  await writeFile(join(dir, 'Dockerfile'), `FROM ${base}\nCOPY large /again\nCOPY --from=${base} /large /third\n`);
  const image = (name: string, tag: string) =>
    `registry: "${registry.host}"\nimages:\n  ${name}: { dockerfile: Dockerfile${name === 'base' ? '.base' : ''}, context: context, tag: "${tag}", engine: assemble }\n`;
  await writeFile(join(dir, 'tagboat.yaml'), image('base', '1'));
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', 'Dockerfile');
  await git('commit', '--quiet', '--message', 'one');
  const argv = [process.execPath, cli, 'build', '--quiet'];
  const first = await peakMemory({ argv, cwd: dir, env });
  await writeFile(join(dir, 'tagboat.yaml'), image('app', 'a'));
  const second = await peakMemory({ argv, cwd: dir, env });
  // The same again, where every layer is known.
  await writeFile(join(dir, 'tagboat.yaml'), image('app', 'b'));
  const third = await peakMemory({ argv, cwd: dir, env });
  return Math.max(first, second, third) / 1e6;
}

it.skipIf(!existsSync(cli))(
  `the memory of a build is that of a small one, however large its files are${existsSync(cli) ? '' : ' (skipped: dist/ is missing; npm run build makes it)'}`,
  async () => {
    const small = await peakOf(3);
    const large = await peakOf(300);
    expect(large - small).toBeLessThan(50);
    expect(large).toBeLessThan(160);
  },
  600_000,
);
