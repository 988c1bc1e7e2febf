import { expect, it, onTestFinished } from 'vitest';
import { buildImage, previewImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { imageRun, planFor } from '../images.ts';

const look = (host: string, from: string, more: Partial<ImagePlan> = {}) => {
  const plan = planFor('elsewhere.example.test', '/nothing', { from: `${host}/${from}`, platforms: [], ...more });
  return buildImage(imageRun(testWorld({ clock: jumpingClock() })), plan);
};

it.each(
  registries.filter(({ available }) => available),
)('an image that something else built is taken by its digest, from another registry than the own, in $name', async (kind) => {
  const registry = await kind.start();
  onTestFinished(() => registry.close());
  const { host } = registry;
  const base = await pushBaseImage(host, { repository: 'acme/app', tag: 'v1', layers: [[{ name: 'a', body: 'a' }]] });
  const found = { is: 'reused', digest: base.digest };
  const platforms = ['linux/amd64'];
  expect(await look(host, 'acme/app:v1', { platforms })).toMatchObject({ ...found, reference: `${host}/acme/app:v1` });
  expect(await look(host, `acme/app@${base.digest}`)).toMatchObject({ ...found, reference: `${host}/acme/app` });
  expect(await look(host, `acme/app:v1@${base.digest}`)).toMatchObject({ ...found, reference: `${host}/acme/app:v1` });
});

it('it is read alone, and asked for once a run: what was checked is what is delivered', async () => {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { host } = registry;
  const first = await pushBaseImage(host, { repository: 'app', tag: 'v1', layers: [[{ name: 'a', body: 'a' }]] });
  const run = imageRun(testWorld({ clock: jumpingClock() }));
  const plan = planFor('elsewhere.example.test', '/nothing', { from: `${host}/app:v1`, platforms: [] });
  const before = registry.requests.length;
  expect(await previewImage(run, plan)).toMatchObject({ is: 'reused', digest: first.digest });
  expect(registry.requests.slice(before).every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
  await pushBaseImage(host, { repository: 'app', tag: 'v1', layers: [[{ name: 'a', body: 'b' }]] });
  expect(await buildImage(run, plan)).toMatchObject({ digest: first.digest });
});

it('one that is not there, or not for a platform that is asked for, has a code of its own', async () => {
  const { host, close } = await startOwnRegistry();
  onTestFinished(close);
  const base = await pushBaseImage(host, { repository: 'app', tag: 'v1', layers: [] });
  await expect(look(host, 'app:v2')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND', exitCode: 5 });
  await expect(look(host, 'other:v1')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  await expect(look(host, `app@sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  const missing = { code: 'IMAGE_PLATFORM_MISSING', data: { platform: 'linux/arm64', available: ['linux/amd64'] } };
  const platforms = ['linux/amd64', 'linux/arm64'];
  await expect(look(host, `app@${base.digest}`, { platforms })).rejects.toMatchObject(missing);
});
