import { describe, expect, it } from 'vitest';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import { gitHost, hasSha256, noHttpBackend, skipNote } from '../../support/git-host.ts';
import {
  bot,
  chart,
  deliveryTo,
  fileAt,
  isSound,
  land,
  landed,
  noticesIn,
  pushesIn,
  quickWorld,
  setTag,
  tipOf,
  values,
  valuesWith,
} from '../landing.ts';

describe.skipIf(noHttpBackend !== undefined)(`landing on git's own server${skipNote}`, () => {
  it('makes one commit on the tip that changes one value and nothing else', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const parent = await tipOf(host, 'config');
    const world = quickWorld();
    const outcome = landed(await land(deliveryTo(url), world));

    expect(outcome).toMatchObject({ parent, commit: await tipOf(host, 'config'), attempts: 1 });
    expect(outcome).toMatchObject({ delivery: 'production', repo: url, branch: 'main' });
    const change = { file: 'main/values.yaml', path: '.front.imageTag', before: 'a', after: 'b' };
    expect(outcome.changes).toEqual([change]);
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(await host.git('config', 'diff-tree', '-r', '--name-only', '--no-commit-id', 'main')).toBe(
      'main/values.yaml\n',
    );
    expect(outcome.diff).toContain('-  imageTag:   a   # from CI\n+  imageTag:   b   # from CI\n');
    expect(world.events).toEqual([]);
    await isSound(host, 'config');
  });

  it('signs with the names, the message and the time it was given, in UTC', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const delivery = { ...deliveryTo(url), committer: { name: 'Émile', email: 'e@example.com' } };
    await land(delivery);
    const format = '%an|%ae|%ai|%cn|%ce|%ci|%B';
    expect((await host.git('config', 'log', '-1', `--format=${format}`, 'main')).trimEnd()).toBe(
      `${bot.name}|${bot.email}|2026-01-01 00:00:00 +0000|Émile|e@example.com|2026-01-01 00:00:00 +0000|` +
        'Set front to b\n\nTagboat-Source: abc',
    );
  });

  it('needs four requests on one connection, one more to see whether it is there, and less than 16 KiB for a file one folder deep', async () => {
    const host = await gitHost();
    const filler = Array.from({ length: 3_000 }, (_, at) => [`apps/team-${at % 60}/app-${at}/values.yaml`, `n: ${at}`]);
    const url = await host.createRepo('config', { files: { ...chart, ...Object.fromEntries(filler) } });
    await land(deliveryTo(url));
    await host.close();
    expect(host.requests.map(({ service, isCall }) => `${service} ${isCall}`)).toEqual([
      'git-upload-pack true',
      'git-upload-pack true',
      'git-upload-pack true',
      'git-receive-pack true',
      'git-upload-pack true',
    ]);
    expect(new Set(host.requests.slice(0, 4).map(({ connection }) => connection)).size).toBe(1);
    expect(host.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThan(16 * 1024);
  });

  it('sets several values in several files at different depths with one commit', async () => {
    const host = await gitHost();
    const deep = 'apps/eu/team/shop/values.yaml';
    const files = { ...chart, [deep]: 'image:\n  tag: a\n  name: x\n', 'root.yaml': 'tag: a\n' };
    const url = await host.createRepo('config', { files });
    const outcome = landed(
      await land(
        deliveryTo(
          url,
          setTag('b'),
          setTag('c', deep, '.image.tag'),
          setTag('d', 'root.yaml', '.tag'),
          setTag('e', 'main/values.yaml', '.back.imageTag'),
        ),
      ),
    );
    expect(outcome.changes.map(({ file, path, after }) => `${file} ${path} ${after}`)).toEqual([
      'main/values.yaml .front.imageTag b',
      'main/values.yaml .back.imageTag e',
      `${deep} .image.tag c`,
      'root.yaml .tag d',
    ]);
    expect(await fileAt(host, 'config')).toBe(valuesWith('b').replace('"a"', '"e"'));
    expect(await fileAt(host, 'config', deep)).toBe('image:\n  tag: c\n  name: x\n');
    expect(await fileAt(host, 'config', 'root.yaml')).toBe('tag: d\n');
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    // The refs, the commit with all folders on the way, the files together, the push, the refs again.
    expect(host.requests).toHaveLength(5);
    await isSound(host, 'config');
  });

  it('writes nothing when the values are there already', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const tip = await tipOf(host, 'config');
    expect(await land(deliveryTo(url, setTag('a')))).toEqual({
      is: 'unchanged',
      delivery: 'production',
      repo: url,
      branch: 'main',
      tip,
    });
    expect(pushesIn(host)).toEqual([]);
    expect(await tipOf(host, 'config')).toBe(tip);
  });

  it("keeps a file's executable bit, and all of its neighbours", async () => {
    const host = await gitHost();
    const files = {
      'main/values.yaml': { mode: '100755', content: values },
      'main/link': { mode: '120000', content: 'values.yaml' },
      'main/module': { mode: '160000', content: '1'.repeat(40) },
      'main/a.b/x': 'x',
      'main/a/x': 'x',
      'main/a0': 'x',
    };
    const url = await host.createRepo('config', { files });
    const list = () => host.git('config', 'ls-tree', '-r', 'main');
    const before = await list();
    await land(deliveryTo(url));
    const after = await list();
    expect(after).toMatch(/^100755 blob \w+\tmain\/values\.yaml$/m);
    const others = (text: string) => text.split('\n').filter((line) => !line.endsWith('values.yaml'));
    expect(others(after)).toEqual(others(before));
    await isSound(host, 'config');
  });

  it('works on the branch it was given, whose name is the beginning of others', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, branch: 'env/prod' });
    await host.git('config', 'branch', 'env/prod2', 'env/prod');
    await host.git('config', 'branch', 'main', 'env/prod');
    const other = await tipOf(host, 'config', 'env/prod2');
    landed(await land({ ...deliveryTo(url), branch: 'env/prod' }));
    expect(await fileAt(host, 'config', 'main/values.yaml', 'env/prod')).toBe(valuesWith('b'));
    expect(await tipOf(host, 'config', 'env/prod2')).toBe(other);
    expect(await tipOf(host, 'config', 'main')).toBe(other);
  });

  it('sends bytes in proportion to the change, in a folder of ten thousand files', async () => {
    const host = await gitHost();
    const files = Array.from({ length: 10_000 }, (_, at) => [`apps/app-${at}.yaml`, `tag: a\nname: app-${at}\n`]);
    const url = await host.createRepo('config', { files: Object.fromEntries(files) });
    landed(await land(deliveryTo(url, setTag('b', 'apps/app-4711.yaml', '.tag'))));
    await host.close();
    expect(pushesIn(host)).toHaveLength(1);
    expect(pushesIn(host)[0]?.bytesIn).toBeLessThan(1_500);
  });

  it('reads a large neighbour of the file by no more than it must', async () => {
    const host = await gitHost();
    const noise = Buffer.alloc(6 * 1024 * 1024);
    for (let at = 0; at < noise.byteLength; at += 4) noise.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
    const url = await host.createRepo('config', { files: { ...chart, 'main/a.bin': noise, 'main/z.bin': noise } });
    landed(await land(deliveryTo(url)));
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    await isSound(host, 'config');
    await host.close();
    // What was on its way already, in the sockets' buffers, is counted too.
    const received = host.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    expect(received).toBeLessThan(noise.byteLength);
  });

  it.skipIf(!hasSha256)('lands in a SHA-256 repository (needs git 2.29)', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, objectFormat: 'sha256' });
    const world = quickWorld();
    const outcome = landed(await land(deliveryTo(url), world));
    expect(outcome.commit).toHaveLength(64);
    expect(await tipOf(host, 'config')).toBe(outcome.commit);
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(noticesIn(world)).toEqual([]);
    await isSound(host, 'config');
  });

  it('shows beforehand exactly what it would land, and writes nothing', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const delivery = deliveryTo(url);
    const preview = await previewDelivery(quickWorld(), delivery, undefined);
    expect(preview).toMatchObject({
      delivery: 'production',
      repo: url,
      branch: 'main',
      tip: await tipOf(host, 'config'),
    });
    expect(pushesIn(host)).toEqual([]);
    const outcome = landed(await land(delivery));
    expect(outcome).toMatchObject({ parent: preview.tip, changes: preview.changes, diff: preview.diff });
    const after = await previewDelivery(quickWorld(), delivery, undefined);
    expect(after).toMatchObject({ tip: outcome.commit, changes: [], diff: '' });
  });
});
