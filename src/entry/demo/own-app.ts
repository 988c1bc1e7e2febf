import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseConfig, peekConfig } from '../../config/config.ts';
import { planRun } from '../../config/plan/run.ts';
import type { Lists } from '../../config/read/lists.ts';
import type { Config } from '../../config/shape/checked.ts';
import { isError, TagboatError } from '../../errors.ts';
import type { DeliveryPlan, RunPlan, Source } from '../../plan.ts';
import { checkoutGit } from '../../wire/checkout.ts';
import type { Env } from '../../wire/world.ts';
import { lookUpImages } from '../run/lists/look-up.ts';
import type { Session } from '../run/session.ts';
import { readSource } from '../run/source.ts';
import { demoAws, demoRegistry, inside } from './run.ts';
import { skeletonOf } from './skeleton.ts';
import type { DemoWorld } from './world.ts';

const before = 'none-yet';

/** The user's own app with its registry and config repos replaced by the demo's. The app's folder is only read. */
export async function planOwnApp(session: Session, demo: DemoWorld, app: string): Promise<RunPlan> {
  const own = inside(session, demo);
  const found = await readSource(own.world, resolve(session.cwd, app));
  const source = { ...found, branch: found.branch ?? 'main' };
  const file = join(source.dir, 'tagboat.yaml');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const written = text ?? (await configFor(own, source));
  const lists = await lookUpImages(own.world, source.dir, peekConfig(written, 'tagboat.yaml', own.world.env));
  const config = parseFilled(written, own.world.env, lists);
  const from = { branches: ['**', '*'], tags: [], pullRequests: false };
  const all = { ...config, deliveries: config.deliveries.map((delivery) => ({ ...delivery, from })) };
  const plan = planRun(all, source, { actions: false });
  const registry = demoRegistry(demo);
  const deliveries = await replaced(demo, plan.deliveries);
  return { source, aws: demoAws, images: plan.images.map((image) => ({ ...image, registry })), deliveries };
}

/** Variables of the user's CI aren't set here; what stands for them reaches the demo's servers alone. */
function parseFilled(text: string, env: Env, lists: Lists): Config {
  const filled: Record<string, string | undefined> = { ...env };
  for (let left = 50; ; left--) {
    try {
      return parseConfig(text, 'tagboat.yaml', filled, { lists });
    } catch (error) {
      if (left === 0 || !isError(error, 'CONFIG_VARIABLE_UNSET')) throw error;
      filled[error.data.name] = '123456789012';
    }
  }
}

/** Each config repo as a small one on the demo's host, in which every path of the delivery exists. */
async function replaced(demo: DemoWorld, deliveries: readonly DeliveryPlan[]): Promise<DeliveryPlan[]> {
  const urls = new Map<string, string>();
  for (const { repo, branch } of deliveries) {
    const key = `${repo} ${branch}`;
    if (urls.has(key)) continue;
    const edits = deliveries.filter((one) => one.repo === repo && one.branch === branch).flatMap((one) => one.edits);
    const name = `${basename(new URL(repo).pathname, '.git') || 'config'}-${urls.size + 1}`;
    urls.set(key, await demo.gitHost.createRepo(name, { branch, files: skeletonOf(edits, before) }));
    demo.gitHost.setAccess(name, { tokens: { [demo.token]: 'write' }, anonymous: 'read' });
  }
  return deliveries.map((one) => ({
    ...one,
    repo: urls.get(`${one.repo} ${one.branch}`) ?? one.repo,
    deploy: undefined,
  }));
}

/** A config for an app that has none: every Dockerfile an image. */
async function configFor({ world }: Session, source: Source): Promise<string> {
  const listed = await checkoutGit(world, source.dir)('ls-files', '-z');
  const files = listed.stdout.split('\0').filter((path) => /(^|\/)(Dockerfile[^/]*|[^/]+\.Dockerfile)$/.test(path));
  if (files.length === 0) throw new TagboatError('DEMO_APP_WITHOUT_IMAGES', { dir: source.dir });
  const images = new Map<string, { repository: string; dockerfile: string }>();
  for (const dockerfile of files) {
    const folder = dockerfile.split('/').at(-2) ?? basename(source.dir);
    const stem =
      folder
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'app';
    let name = stem;
    for (let n = 2; images.has(name); n++) name = `${stem}-${n}`;
    images.set(name, { repository: name, dockerfile });
  }
  const set = { 'values.yaml': Object.fromEntries([...images.keys()].map((name) => [`."${name}".tag`, '{tag}'])) };
  // JSON is YAML.
  return JSON.stringify({
    registry: 'registry.example.com',
    images: Object.fromEntries(images),
    deliveries: { demo: { from: 'main', repo: 'https://git.example.com/demo/config', branch: 'main', set } },
  });
}
