import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../src/wire/exec.ts';
import { createHttp } from '../../src/wire/http/client.ts';
import { readBody } from '../../src/wire/http.ts';
import { git, gitEnv, gitHost, hasSha256, noHttpBackend, skipNote, tempDir } from '../support/git-host.ts';

const files = { 'main/values.yaml': 'front:\n  imageTag: a\n', 'README.md': 'A config repo\n' };

/** A git that never asks for a password. */
const client = { ...gitEnv, GIT_TERMINAL_PROMPT: '0' };

async function cloned(url: string): Promise<string> {
  const dir = join(await tempDir(), 'clone');
  const end = await createExec(client)({ program: 'git', args: ['clone', '--quiet', url, dir] });
  if (end.code !== 0) throw new Error(end.stderr);
  await git(dir, 'config', 'user.name', 'Test');
  await git(dir, 'config', 'user.email', 'test@example.com');
  return dir;
}

async function commitAndPush(dir: string, text: string): Promise<{ code: number | null; stderr: string }> {
  await writeFile(join(dir, 'main', 'values.yaml'), text);
  await git(dir, 'commit', '--quiet', '--all', '-m', 'Change');
  return createExec(client)({ program: 'git', args: ['-C', dir, 'push', 'origin', 'HEAD'] });
}

describe.skipIf(noHttpBackend !== undefined)(`the sandbox's git host${skipNote}`, () => {
  it('is cloned from and pushed to by git itself', async () => {
    const host = await gitHost();
    const dir = await cloned(await host.createRepo('config', { files }));
    expect((await commitAndPush(dir, 'front:\n  imageTag: b\n')).code).toBe(0);
    expect(await host.git('config', 'show', 'main:main/values.yaml')).toBe('front:\n  imageTag: b\n');
    await host.git('config', 'fsck', '--strict');
  });

  it('runs no more git processes at once than it may, and serves everybody all the same', async () => {
    const host = await gitHost({ workers: 1 });
    const url = await host.createRepo('config', { files });
    const dirs = await Promise.all(Array.from({ length: 4 }, () => cloned(url)));
    for (const dir of dirs)
      expect(await git(dir, 'rev-parse', 'HEAD')).toBe(await host.git('config', 'rev-parse', 'main'));
  });

  it('knows which refs a push asks for', async () => {
    const host = await gitHost();
    const dir = await cloned(await host.createRepo('config', { files }));
    expect((await commitAndPush(dir, 'front:\n  imageTag: b\n')).code).toBe(0);
    await git(dir, 'push', '--quiet', 'origin', 'HEAD:refs/heads/one', 'HEAD:refs/heads/two');
    expect(host.requests.filter(({ refs }) => refs.length > 0).map(({ refs }) => refs)).toEqual([
      ['refs/heads/main'],
      ['refs/heads/one', 'refs/heads/two'],
    ]);
  });

  it('makes repositories with every kind of entry, and commits on top of what is there', async () => {
    const host = await gitHost();
    const submodule = '1'.repeat(40);
    await host.createRepo('config', {
      branch: 'prod',
      files: {
        'bin/run': { mode: '100755', content: '#!/bin/sh\n' },
        'link to': { mode: '120000', content: 'bin/run' },
        module: { mode: '160000', content: submodule },
        'a "quoted" ñame': Buffer.from([0, 1, 2]),
      },
    });
    await host.commit('config', { branch: 'prod', files: { new: 'n', 'bin/run': undefined }, message: 'More\n' });
    const listed = (await host.git('config', 'ls-tree', '-r', '-z', 'prod')).split('\0').filter((line) => line !== '');
    expect(listed.map((line) => line.replace(/ (blob|commit) \w+\t/, ' '))).toEqual([
      '100644 a "quoted" ñame',
      '120000 link to',
      '160000 module',
      '100644 new',
    ]);
    expect((await host.git('config', 'log', '--format=%s', 'prod')).split('\n')[0]).toBe('More');
  });

  it.skipIf(!hasSha256)('makes SHA-256 repositories (needs git 2.29)', async () => {
    const host = await gitHost();
    await host.createRepo('config', { files, objectFormat: 'sha256' });
    expect((await host.git('config', 'rev-parse', 'main')).trim()).toHaveLength(64);
  });

  it('answers 401 to strangers, 404 to a token without any right, 403 to one that may only read', async () => {
    const host = await gitHost();
    const tokens = { reader: 'read', writer: 'write', other: 'nothing' } as const;
    const url = await host.createRepo('config', { files, access: { tokens } });
    const http = createHttp();
    const statusOf = async (service: string, authorization?: string): Promise<number> => {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await http({ url: `${url}/info/refs?service=${service}`, headers });
      await readBody(response, 100_000);
      return response.status;
    };
    const basic = (token: string) => `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
    expect(await statusOf('git-upload-pack')).toBe(401);
    expect(await statusOf('git-upload-pack', 'Bearer wrong')).toBe(401);
    expect(await statusOf('git-upload-pack', basic('other'))).toBe(404);
    expect(await statusOf('git-upload-pack', basic('reader'))).toBe(200);
    expect(await statusOf('git-receive-pack', 'Bearer reader')).toBe(403);
    expect(await statusOf('git-receive-pack', 'Bearer writer')).toBe(200);
    host.setAccess('config', { tokens, anonymous: 'read' });
    expect(await statusOf('git-upload-pack')).toBe(200);
    expect(await statusOf('git-receive-pack')).toBe(401);
    http.close();
  });

  it('lets a hook refuse a push and tell the client why', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files, preReceive: 'echo "not on a Friday"; exit 1' });
    const pushed = await commitAndPush(await cloned(url), 'front:\n  imageTag: b\n');
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toContain('remote: not on a Friday');
  });

  it('takes pushes too large for one buffer, which git sends in chunks', async () => {
    const host = await gitHost();
    const dir = await cloned(await host.createRepo('config', { files }));
    await git(dir, 'config', 'http.postBuffer', '70000');
    const text = Array.from({ length: 50_000 }, (_, line) => `line ${line}`).join('\n');
    expect((await commitAndPush(dir, text)).code).toBe(0);
    expect(await host.git('config', 'cat-file', '-s', 'main:main/values.yaml')).toBe(`${text.length}\n`);
  });

  it('records every request with its connection and what went over the wire', async () => {
    const host = await gitHost();
    const url = await host.createRepo('team/config', { files });
    const http = createHttp({ maxSockets: 1 });
    const sizes: number[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const response = await http({ url: `${url}/info/refs?service=git-upload-pack` });
      sizes.push((await readBody(response, 100_000)).byteLength);
    }
    http.close();
    expect(host.requests).toMatchObject([
      { repo: 'team/config', service: 'git-upload-pack', isCall: false, connection: 1, number: 1, status: 200 },
      { repo: 'team/config', service: 'git-upload-pack', isCall: false, connection: 1, number: 2, status: 200 },
    ]);
    host.requests.forEach((request, at) => {
      expect(request.bytesOut).toBeGreaterThan(sizes[at] ?? 0);
      expect(request.bytesOut).toBeLessThan((sizes[at] ?? 0) + 500);
      expect(request.bytesIn).toBeGreaterThan(100);
      expect(request.bytesIn).toBeLessThan(500);
    });
  });

  it('cuts, alters and answers for git when told to', async () => {
    const host = await gitHost({
      fault: ({ number }) =>
        number === 1
          ? { is: 'cut', bytes: 10 }
          : number === 2
            ? { is: 'cut', bytes: 0 }
            : number === 3
              ? { is: 'alter', change: (body) => Buffer.from(`altered ${body.byteLength > 0}`) }
              : { is: 'answer', status: 503, headers: { 'retry-after': '7' }, body: 'busy' },
    });
    const url = `${await host.createRepo('config', { files })}/info/refs?service=git-upload-pack`;
    const http = createHttp();
    const cut = await http({ url });
    await expect(readBody(cut, 1_000)).rejects.toMatchObject({ kind: 'cut' });
    await expect(http({ url })).rejects.toMatchObject({ kind: 'cut' });
    expect((await readBody(await http({ url }), 1_000)).toString()).toBe('altered true');
    const busy = await http({ url });
    expect([busy.status, busy.headers['retry-after'], (await readBody(busy, 99)).toString()]).toEqual([
      503,
      '7',
      'busy',
    ]);
    http.close();
  });

  it('ends with requests still hanging', async () => {
    const host = await gitHost({ fault: () => ({ is: 'hang' }) });
    const http = createHttp();
    const hanging = http({ url: `${host.url}/x.git/info/refs?service=git-upload-pack` });
    const ended = expect(hanging).rejects.toMatchObject({ kind: 'cut' });
    while (host.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await host.close();
    await ended;
    http.close();
  });
});
