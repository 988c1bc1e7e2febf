import { expect, it, onTestFinished } from 'vitest';
import { previewImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { handClock, jumpingClock, testWorld } from '../../support/world.ts';
import { build, type Files, imageRun, planFor, writeContext } from '../images.ts';

async function scene(files: Files = {}, start: () => Promise<{ host: string; close(): Promise<unknown> }> = startOwn) {
  const { host } = await start();
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f', other: 'other', ...files });
  const plan = (more: Partial<ImagePlan> = {}) => planFor(host, dir, { tag: '{content}', ...more });
  const ship = (commit: string, more: Partial<ImagePlan> = {}, run: { rebuild?: boolean } = {}) =>
    build(testWorld({ clock: jumpingClock() }), plan(more), { commit: commit.repeat(40) }, run);
  return { host, dir, plan, ship };
}

async function startOwn() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  return registry;
}

const tagOf = (reference: string) => reference.slice(reference.lastIndexOf(':') + 1);
const notices = ({ events }: ReturnType<typeof testWorld>) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));

it.each(
  registries.filter(({ available }) => available),
)('an image that nothing changed keeps its tag by content, and nothing is written for it, in $name', async (kind) => {
  const { dir, ship } = await scene({}, async () => {
    const registry = await kind.start();
    onTestFinished(() => registry.close());
    return registry;
  });
  const first = await ship('a');
  expect(first).toMatchObject({ is: 'built' });
  expect(tagOf(first.reference)).toMatch(/^[0-9a-f]{20}$/);
  await writeContext(dir, { other: 'changed' });
  expect(await ship('b')).toMatchObject({ is: 'reused', digest: first.digest, reference: first.reference });
  await writeContext(dir, { f: 'changed' });
  const second = await ship('c');
  expect(second.is).toBe('built');
  expect(second.reference).not.toBe(first.reference);
  // A revert is the earlier image again, under its earlier tag.
  await writeContext(dir, { f: 'f' });
  expect(await ship('d')).toMatchObject({ is: 'reused', digest: first.digest, reference: first.reference });
});

it('costs no request that writes where nothing changed', async () => {
  const registry = await startOwn();
  const { ship } = await scene({}, async () => registry);
  await ship('a');
  const before = registry.requests.length;
  await ship('b');
  expect(registry.requests.slice(before).filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
});

it('the tag by content is known before the build, and is another one for another platform or compression', async () => {
  const { plan, ship } = await scene();
  const look = async (more: Partial<ImagePlan>) => {
    const { reference } = await previewImage(imageRun(testWorld({ clock: jumpingClock() })), plan(more));
    return tagOf(reference);
  };
  const known = await look({});
  const all = [known, ...(await Promise.all([look({ platforms: ['linux/arm64'] }), look({ compression: 'zstd' })]))];
  expect(new Set(all).size).toBe(3);
  expect(tagOf((await ship('a')).reference)).toBe(known);
  expect(await look({ tag: 'v1-{content}' })).toBe(`v1-${known}`);
});

const undecided = { Dockerfile: 'FROM scratch\nCOPY f /f\n' };

it('an image whose input is undecided has the tag of its digest, known after the build alone', async () => {
  const { host, plan, ship } = await scene(undecided);
  const always = { refreshSeconds: 0 };
  const seen = await previewImage(imageRun(testWorld({ clock: jumpingClock() })), plan(always));
  expect(seen).toMatchObject({ is: 'built', reference: `${host}/app:{content}` });
  const { digest, reference } = await ship('a', always);
  expect(tagOf(reference)).toBe(digest.slice('sha256:'.length, 'sha256:'.length + 20));
  expect((await clientOf(host).headManifest('app', tagOf(reference)))?.digest).toBe(digest);
  // Built again to the same bytes, it keeps its tag.
  expect(await ship('a', always)).toMatchObject({ is: 'built', reference });
});

it('with `refresh:`, a build of the same input has another tag, so that its pods are replaced', async () => {
  const { plan } = await scene();
  const clock = handClock(Date.UTC(2026, 0, 10));
  const refresh = { refreshSeconds: 86_400 };
  const at = (committedAt: string) => build({ ...testWorld(), clock }, plan(refresh), { committedAt });
  const first = await at('2025-01-01T00:00:00Z');
  expect(await at('2025-01-02T00:00:00Z')).toMatchObject({ is: 'reused', reference: first.reference });
  clock.advance(2 * 86_400_000);
  const anew = await at('2025-01-03T00:00:00Z');
  expect(anew).toMatchObject({ is: 'built' });
  expect(anew.digest).not.toBe(first.digest);
  expect(anew.reference).not.toBe(first.reference);
  expect(await at('2025-01-04T00:00:00Z')).toMatchObject({ is: 'reused', reference: anew.reference });
});

it('built again by `rebuild`, it keeps the tag of its content, and that pods see no change is told', async () => {
  const { plan } = await scene();
  const world = testWorld({ clock: jumpingClock() });
  const first = await build(world, plan(), { committedAt: '2025-01-01T00:00:00Z' });
  const again = await build(world, plan(), { committedAt: '2025-05-05T00:00:00Z' }, { rebuild: true });
  expect(again.reference).toBe(first.reference);
  expect(again.digest).not.toBe(first.digest);
  expect(notices(world).filter((message) => message.includes(first.digest))).toHaveLength(1);
});

it('two images of one repository and one content are one image', async () => {
  const { host, plan } = await scene();
  const run = imageRun(testWorld({ clock: jumpingClock() }));
  const { buildImage } = await import('../../../src/image/image.ts');
  const outcomes = await Promise.all(['one', 'two'].map((name) => buildImage(run, plan({ name, repository: 'app' }))));
  expect(new Set(outcomes.map(({ digest, reference }) => `${reference}@${digest}`)).size).toBe(1);
  expect((await clientOf(host).headManifest('app', tagOf(outcomes[0]?.reference ?? '')))?.digest).toBe(
    outcomes[0]?.digest,
  );
});

it('a base that moved gives another tag', async () => {
  const registry = await startOwn();
  const { ship } = await scene({ Dockerfile: `FROM ${registry.host}/base:1\nCOPY f /f\n` }, async () => registry);
  await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [[{ name: 'a', body: 'a' }]] });
  const first = await ship('a');
  await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [[{ name: 'a', body: 'b' }]] });
  expect((await ship('b')).reference).not.toBe(first.reference);
});
