import { expect, it, onTestFinished } from 'vitest';
import { readRecord, recordTag } from '../../../src/image/fingerprint/record.ts';
import { explainImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Digest } from '../../../src/wire/oci/types.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { build, type Files, imageRun, planFor, writeContext } from '../images.ts';

async function shop(host: string) {
  const dir = await tempDir();
  await pushBaseImage(host, { repository: 'base', tag: '1', layers: [[{ name: 'f', body: 'f' }]] });
  const files: Files = {
    Dockerfile: `FROM ${host}/base:1\nARG V\nLABEL v=$V\nCOPY src /src\nCMD ["/src/a"]\n`,
    'src/a': 'a',
    'src/b': 'b',
    other: 'other',
  };
  await writeContext(dir, files);
  const plan = (tag: string, more: Partial<ImagePlan> = {}) => planFor(host, dir, { tag, args: { V: '1' }, ...more });
  const explain = (image: ImagePlan, before: readonly string[] = []) =>
    explainImage(imageRun(testWorld({ clock: jumpingClock() })), image, before);
  return { dir, plan, explain };
}

it('names the inputs that changed since the image that a config repo names: by tag, digest or reference', async () => {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { host } = registry;
  const { dir, plan, explain } = await shop(host);
  const { digest } = await build(testWorld({ clock: jumpingClock() }), plan('old'));
  expect(await explain(plan('new'), ['old'])).toMatchObject({ is: 'compared', since: 'old', same: true, changes: [] });

  await pushBaseImage(host, { repository: 'base', tag: '1', layers: [[{ name: 'f', body: 'moved' }]] });
  await writeContext(dir, {
    Dockerfile: `FROM ${host}/base:1\nARG V\nLABEL v=$V\nCOPY src /src\nCMD ["/src/b"]\n`,
    'src/a': 'changed',
    'src/c': 'new',
    other: 'changed too',
  });
  const wanted = [
    { kind: 'base image', name: `${host}/base:1`, how: 'changed' },
    { kind: 'argument', name: 'V', how: 'changed' },
    { kind: 'instruction', name: 'ARG V', how: 'changed' },
    { kind: 'instruction', name: 'LABEL v=$V', how: 'changed' },
    { kind: 'file', name: 'src/a', how: 'changed' },
    { kind: 'file', name: 'src/c', how: 'added' },
    { kind: 'instruction', name: 'CMD ["/src/b"]', how: 'added' },
    { kind: 'instruction', name: 'CMD ["/src/a"]', how: 'removed' },
  ];
  for (const before of ['old', digest, `${host}/app:old`, `${host}/app:any@${digest}`]) {
    const found = await explain(plan('new', { args: { V: '2' } }), ['not-there', before]);
    expect(found).toMatchObject({ is: 'compared', same: false, leftOut: 0 });
    expect(found.is === 'compared' ? [...found.changes].sort(byName) : []).toEqual([...wanted].sort(byName));
  }
});

it('says that there is nothing to compare with, or nothing to compare', async () => {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { dir, plan, explain } = await shop(registry.host);
  expect(await explain(plan('new'), ['old'])).toMatchObject({ is: 'unknown' });
  await writeContext(dir, { Dockerfile: 'FROM scratch\nADD https://example.test/x /\n' });
  expect(await explain(plan('new'))).toMatchObject({ is: 'unknown', why: expect.stringMatching(/^Line 2 fetches/) });
});

it.each(
  registries.filter(({ available }) => available),
)('the record of an image is small, holds no values, and lies at $title under a tag with its digest', async ({
  start,
}) => {
  const registry = await start();
  onTestFinished(() => registry.close());
  const { host } = registry;
  const { dir, plan } = await shop(host);
  const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, at) => [`src/many/${at}`, `${at}`]));
  await writeContext(dir, many);
  const { digest } = await build(
    testWorld({ clock: jumpingClock() }),
    plan('t', { args: { V: 'an-argument-that-is-nobodys-business' } }),
  );
  const client = clientOf(host);
  const record = await readRecord(client, 'app', digest as Digest);
  expect(record?.leftOut).toBe(0);
  // More than a thousand in one folder: they are named by the folder.
  expect(
    record?.inputs
      .filter(({ kind }) => kind === 'file')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['src/a', 'src/b', 'src/many/']);
  const manifest = await client.getManifest('app', recordTag(digest as Digest));
  const text = Buffer.from(manifest?.bytes ?? []).toString();
  expect(JSON.parse(text)).toMatchObject({
    artifactType: 'application/vnd.tagboat.inputs.v1+json',
    subject: { digest },
  });
  expect(JSON.stringify(record)).not.toContain('nobodys-business');
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
