import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSyntax } from '../../../src/image/dockerfile/dockerfile.ts';
import { openJob } from '../../../src/image/job.ts';
import { fingerprintNow } from '../../../src/image/reuse/decide.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { type Files, imageRun, planFor, writeContext } from '../images.ts';

let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
beforeAll(async () => {
  registry = await startOwnRegistry();
});
afterAll(() => registry.close());

async function taken(dir: string, more: Partial<ImagePlan> = {}): Promise<string> {
  const found = await fingerprintNow(
    openJob(imageRun(testWorld()), planFor(registry.host, dir, { engine: 'buildx', ...more })),
  );
  return found.is === 'known' ? found.fingerprint.hash : found.why;
}

async function app(files: Files): Promise<string> {
  const dir = await tempDir();
  const { Dockerfile = '' } = files;
  await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [], config: { Env: ['DIR=a'] } });
  await writeContext(dir, { ...files, Dockerfile: String(Dockerfile).replaceAll('HOST', registry.host) });
  return dir;
}

describe('what a builder reads counts', () => {
  it('the permissions of a folder that is mounted', async () => {
    const mount = 'FROM HOST/base:1\nRUN --mount=type=bind,source=dir,target=/m ls -ld /m > /out\n';
    const dir = await app({ Dockerfile: mount, 'dir/f': 'f' });
    await chmod(join(dir, 'dir'), 0o755);
    const before = await taken(dir);
    await chmod(join(dir, 'dir'), 0o700);
    expect(await taken(dir)).not.toBe(before);
  });

  it('the escape character, where only the base knows a variable', async () => {
    const text = 'FROM HOST/base:1\nLABEL a="\\$DIR"\n';
    const plain = await taken(await app({ Dockerfile: text }));
    expect(await taken(await app({ Dockerfile: `# escape=\`\n${text}` }))).not.toBe(plain);
    const unknown = 'FROM HOST/base:1\nLABEL a="x\\y$DIR"\n';
    const first = await taken(await app({ Dockerfile: unknown }));
    expect(await taken(await app({ Dockerfile: `# escape=\`\n${unknown}` }))).not.toBe(first);
  });

  it('a frontend behind a line for the shell', async () => {
    const plain = await taken(await app({ Dockerfile: '#!/usr/bin/env build\nFROM scratch\n' }));
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    const found = await taken(await app({ Dockerfile: '#!/usr/bin/env build\n# syntax=HOST/front:1\nFROM scratch\n' }));
    expect(found).toMatch(/^Only the frontend .*\/front:1 knows/);
    // Nothing else is looked for there.
    const escaped = '#!/usr/bin/env build\n# escape=`\nFROM scratch\nLABEL a=b\\\n c=d\n';
    expect(await taken(await app({ Dockerfile: escaped }))).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['//syntax=a/b:1\nwhatever\n', 'a/b:1'],
    ['{"syntax": "a/b:1", "more": 1}', 'a/b:1'],
    ['#!/bin/x\n# syntax = a/b:1\nFROM x\n', 'a/b:1'],
    ['FROM x\n// syntax=a/b:1\n', undefined],
    ['FROM x\n', undefined],
  ])('a frontend as %j says it', (text, syntax) => {
    expect(readSyntax(text)).toBe(syntax);
  });
});
