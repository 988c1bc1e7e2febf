import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { createWorld } from '../../../src/entry/run/world.ts';
import { keptHosts } from '../../../src/wire/forge/known-hosts.ts';
import { chart, deliveryTo, landed, setTag } from '../../commit/landing.ts';
import { gitHost, noHttpBackend, tempDir } from '../../support/git-host.ts';

const now = Date.UTC(2026, 0, 20);
const day = 86_400_000;
const refuses = { foldersByDepth: false };

async function cache() {
  const dir = await tempDir();
  const open = (at = now, env: Record<string, string> = {}) => keptHosts({ XDG_CACHE_HOME: dir, ...env }, () => at);
  const file = join(dir, 'tagboat', 'git-hosts-1.json');
  const write = (text: string): void => {
    mkdirSync(join(dir, 'tagboat'), { recursive: true });
    writeFileSync(file, text);
  };
  return { dir, open, file, write };
}

const text = (hosts: unknown, version: unknown = 1) => JSON.stringify({ version, hosts });

it('what was learnt of a host is there in the next run, for a week, and nothing else of it', async () => {
  const { open, file, dir } = await cache();
  const first = open();
  first.hosts.set('https://git.example', { ...refuses });
  first.hosts.set('https://fine.example', { foldersByDepth: undefined });
  first.hosts.set('http://127.0.0.1:4711', { ...refuses });
  first.hosts.set('http://localhost:4711', { ...refuses });
  first.hosts.set('http://[::1]:4711', { ...refuses });
  first.save();
  expect([...open(now + day).hosts]).toEqual([['https://git.example', refuses]]);
  expect([...open(now + 8 * day).hosts]).toEqual([]);
  // A clock that went wrong.
  expect([...open(now - day).hosts]).toEqual([]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    ...{ version: 1, hosts: { 'https://git.example': { ...refuses, learntAt: now } } },
  });
  expect(readdirSync(join(dir, 'tagboat'))).toEqual(['git-hosts-1.json']);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('runs beside each other keep what each has learnt, and no more than a hundred', async () => {
  const { open } = await cache();
  const [one, two] = [open(), open()];
  one.hosts.set('https://one.example', { ...refuses });
  two.hosts.set('https://two.example', { ...refuses });
  one.save();
  two.save();
  expect([...open().hosts.keys()].sort()).toEqual(['https://one.example', 'https://two.example']);
  const many = open(now + 1);
  for (let n = 0; n < 150; n += 1) many.hosts.set(`https://h${n}.example`, { ...refuses });
  many.save();
  expect(open(now + 1).hosts.size).toBe(100);
});

it('nothing is kept or read where that is switched off, or where there is no folder', async () => {
  const { open, write, dir } = await cache();
  write(text({ 'https://git.example': { ...refuses, learntAt: now } }));
  expect(open().hosts.size).toBe(1);
  const off = open(now, { TAGBOAT_HOST_CACHE: 'off' });
  expect(off.hosts.size).toBe(0);
  off.hosts.set('https://other.example', { ...refuses });
  off.save();
  expect([...open().hosts.keys()]).toEqual(['https://git.example']);
  for (const env of [
    {},
    { HOME: '', XDG_CACHE_HOME: '' },
    { XDG_CACHE_HOME: join(dir, 'tagboat', 'git-hosts-1.json') },
  ]) {
    const nowhere = keptHosts(env, () => now);
    nowhere.hosts.set('https://git.example', { ...refuses });
    expect(() => nowhere.save()).not.toThrow();
  }
});

it.each([
  ['empty', ''],
  ['no JSON', '{'],
  ['of another version', text({ 'https://git.example': { ...refuses, learntAt: now } }, 2)],
  ['a list', '[]'],
  ['hosts as a list', text([])],
  ['a host that is none', text({ 'not a host': { ...refuses, learntAt: now } })],
  ['a host with a path', text({ 'https://git.example/x': { ...refuses, learntAt: now } })],
  ['a host with a password', text({ 'https://me:secret@git.example': { ...refuses, learntAt: now } })],
  ['another protocol', text({ 'file:///etc': { ...refuses, learntAt: now } })],
  ['another belief', text({ 'https://git.example': { foldersByDepth: true, learntAt: now } })],
  ['no time', text({ 'https://git.example': { ...refuses } })],
  ['a time to come', text({ 'https://git.example': { ...refuses, learntAt: now + 1 } })],
  ['a key that objects have', text({ __proto__: { ...refuses, learntAt: now }, constructor: { ...refuses } })],
  ['too large', text({ 'https://git.example': { ...refuses, learntAt: now, x: 'x'.repeat(70_000) } })],
])('a file that is %s says nothing, and is written anew', async (_, content) => {
  const { open, write } = await cache();
  write(content);
  const kept = open();
  expect(kept.hosts.size).toBe(0);
  kept.hosts.set('https://new.example', { ...refuses });
  kept.save();
  expect([...open().hosts.keys()]).toEqual(['https://new.example']);
});

it('a file in the form of a link or a folder is no trouble', async () => {
  const { open, file, dir } = await cache();
  mkdirSync(file, { recursive: true });
  const kept = open();
  kept.hosts.set('https://new.example', { ...refuses });
  kept.save();
  expect(open().hosts.size).toBe(0);
  const other = await cache();
  other.write('');
  const target = join(dir, 'theirs');
  writeFileSync(target, 'theirs');
  const link = join(other.dir, 'tagboat', 'git-hosts-1.json');
  const { rmSync } = await import('node:fs');
  rmSync(link);
  symlinkSync(target, link);
  const again = other.open();
  again.hosts.set('https://new.example', { ...refuses });
  again.save();
  // The link is replaced, and not what it leads to.
  expect(readFileSync(target, 'utf8')).toBe('theirs');
  expect(other.open().hosts.size).toBe(1);
});

it('whatever the file says, nothing is believed but hosts that refuse', async () => {
  const { open, write } = await cache();
  fc.assert(
    fc.property(fc.jsonValue(), (hosts) => {
      write(text(hosts));
      for (const [origin, facts] of open().hosts) {
        expect(new URL(origin).origin).toBe(origin);
        expect(facts).toEqual(refuses);
      }
    }),
    { numRuns: 200 },
  );
});

it.skipIf(noHttpBackend !== undefined)(
  'a host is asked in vain by the first run alone, and a wrong belief changes no result',
  async () => {
    const host = await gitHost();
    await host.createRepo('config', { files: chart, config: { 'uploadpackfilter.tree.maxDepth': '0' } });
    // A proxy gives it a name: ports of loopback are not kept.
    const proxy = createServer((incoming, outgoing) => {
      const { pathname, search } = new URL(incoming.url ?? '');
      const { method, headers } = incoming;
      const on = request(`${host.url}${pathname}${search}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(on);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const env = {
      http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      RUNNER_TOOL_CACHE: await tempDir(),
    };
    const run = async (value: string): Promise<number> => {
      const silent = () => undefined;
      const world = createWorld({ env, signal: new AbortController().signal, mask: silent, notice: silent });
      const before = host.requests.length;
      try {
        const delivery = deliveryTo('http://git.example/config.git', setTag(value));
        // Without the queue, whose looks are more on a busy machine.
        landed(await landDelivery(world, silent, delivery, undefined, { queue: false }));
      } finally {
        world.close();
      }
      return host.requests.length - before;
    };
    const [first, second] = [await run('b'), await run('c')];
    expect(second).toBe(first - 1);
    await host.git('config', 'config', '--unset', 'uploadpackfilter.tree.maxDepth');
    expect(await run('d')).toBeGreaterThan(0);
    expect(readFileSync(join(env.RUNNER_TOOL_CACHE, 'tagboat', 'git-hosts-1.json'), 'utf8')).toContain(
      '"http://git.example"',
    );
  },
);
