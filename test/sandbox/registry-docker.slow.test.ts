import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createExec } from '../../src/wire/exec.ts';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { parseManifest } from '../../src/wire/oci/manifest.ts';
import { type Dockerd, noDockerd, startDockerd } from '../support/dockerd.ts';
import { all, bytesOf, clientOf, login } from '../support/oci.ts';
import { startOwnRegistry } from '../support/registries.ts';

const password = 'hunter2';

describe.skipIf(noDockerd !== undefined)(`docker${noDockerd === undefined ? '' : ` [skipped: ${noDockerd}]`}`, () => {
  let docker: Dockerd;
  beforeAll(async () => {
    docker = await startDockerd();
  });
  afterAll(() => docker?.close());

  it.each(['none', 'basic', 'bearer'] as const)('logs in, pushes, and pulls again: %s', async (auth) => {
    const verify = (username: string, given: string) => username === 'AWS' && given === password;
    const registry = await startOwnRegistry({ auth, verify, createOnPush: false });
    onTestFinished(() => registry.close());
    registry.createRepository('acme/app');
    const dir = mkdtempSync(join(tmpdir(), 'tagboat-docker-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const exec = createExec({ ...docker.env, DOCKER_CONFIG: dir, DOCKER_BUILDKIT: '1' });
    const run = async (stdin: string, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await exec({ program: 'docker', args, cwd: dir, stdin, timeoutMs: 100_000 });
      if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    };
    writeFileSync(join(dir, 'file'), bytesOf(`docker ${auth}`, 5_000_000));
    writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY file /file\n');
    const name = `${registry.host}/acme/app:v1`;
    await run('', 'build', '-q', '-t', name, '.');
    if (auth !== 'none') await run(password, 'login', '-u', 'AWS', '--password-stdin', registry.host);
    await run('', 'push', name);
    const client = clientOf(registry.host, { credential: login('AWS', password) });
    const pushed = await client.getManifest('acme/app', 'v1');
    const image = pushed && parseManifest(pushed);
    if (image?.is !== 'image') throw new Error('docker pushed no image');
    for (const part of [image.config, ...image.layers]) {
      expect(digestOf(await all(await client.getBlob('acme/app', part)))).toBe(part.digest);
    }
    await run('', 'rmi', name);
    await run('', 'pull', name);
    expect((await run('', 'inspect', '--format', '{{.Id}}', name)).trim()).toBe(image.config.digest);
    await run('', 'tag', name, `${registry.host}/acme/unknown:v1`);
    await expect(run('', 'push', `${registry.host}/acme/unknown:v1`)).rejects.toThrow();
  });
});
