import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TagboatError } from '../../errors.ts';
import { appFiles, chartFiles, commitAll, initAppRepo, writeFiles } from '../demo/app.ts';
import { introduce, title } from '../demo/narrate.ts';
import { planOwnApp } from '../demo/own-app.ts';
import { farewell, type Proof, proofs, showProofs } from '../demo/proof.ts';
import { demoAws, inside, pushBase, runIn } from '../demo/run.ts';
import { type DemoWorld, startDemoWorld } from '../demo/world.ts';
import type { CommonOptions } from '../run/options.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body, Session } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';
import { commit } from './commit.ts';
import { rollback } from './rollback.ts';
import { ship } from './ship.ts';
import { wait } from './wait.ts';

interface DemoOptions {
  /** End when the runs are over. */
  readonly exit: boolean;
  /** Leave the demo's folder behind. */
  readonly keep: boolean;
}

/** What is shown while the demo's servers stay up, until somebody says stop. */
type Show = (about: Omit<Story, 'options'>) => Promise<void>;

/** `tagboat demo`: a whole world on loopback, and the real line run on it; then what `show` shows. */
export function demo(common: CommonOptions, options: DemoOptions, show: Show): Body {
  return async (session) => {
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-demo-'));
    let world: DemoWorld | undefined;
    try {
      const git = await session.world.exec({ program: 'git', args: ['--version'], signal: session.world.signal });
      if (git.missing) throw new TagboatError('GIT_MISSING', {});
      world = await startDemoWorld(dir, session.world);
      const story = { session, demo: world, dir, common, options };
      const ending = common.app === undefined ? await tell(story) : await tellOwn(story, common.app);
      if ((ending.errors ?? []).length === 0 && !options.exit) {
        const shown = common.app === undefined ? show(story) : untilStopped(session);
        // To be stopped is how it ends.
        await shown.catch((error: unknown) => {
          if (!session.world.signal.aborted) throw error;
        });
      }
      return ending;
    } finally {
      await world?.close();
      if (!options.keep) await rm(dir, { recursive: true, force: true });
    }
  };
}

/** What the demo is told of, and where. */
export interface Story {
  readonly session: Session;
  readonly demo: DemoWorld;
  readonly dir: string;
  readonly common: CommonOptions;
  readonly options: DemoOptions;
}

const configRepo = 'config-repo';

async function tell(story: Story): Promise<Ending> {
  const { session, demo, dir, common } = story;
  const { world } = session;
  introduce(session, demo, [configRepo]);
  const app = join(dir, 'app-repo');
  await mkdir(app);
  const repo = await demo.gitHost.createRepo(configRepo, {
    files: chartFiles(demo.registry.host),
    message: 'What runs where',
  });
  demo.gitHost.setAccess(configRepo, { tokens: { [demo.token]: 'write' }, anonymous: 'read' });
  await pushBase(session, demo, join(dir, 'base'), common);
  demo.argocd.add({ name: 'shop', sources: [{ repoURL: repo, path: 'main', targetRevision: 'main' }] });
  await writeFiles(app, { ...appFiles(demo.registry.host), 'tagboat.yaml': configText(demo, repo) });
  await initAppRepo(demo.world, app);

  const commits = [
    {
      title: 'Commit 1: three images, one config commit',
      why: 'OIDC token → AWS role → ECR login → images pushed → the tag written to the config repo → healthy in Argo CD.',
      change: () => commitAll(demo.world, app, 'Open the shop'),
    },
    {
      title: 'Commit 2: one source file changed',
      why: 'Two images are known by what goes into them and get the new tag; the third is built.',
      change: async () => {
        await appendFile(join(app, 'src/app/greetings.txt'), 'Good evening\n');
        await commitAll(demo.world, app, 'Greet in the evening too');
      },
    },
    {
      title: 'The same commit once more: nothing changed',
      why: 'Its images are there and the config repo says so already: nothing is built, nothing is committed.',
      change: async () => undefined,
    },
  ];
  const runs: unknown[] = [];
  for (const [at, step] of commits.entries()) {
    world.signal.throwIfAborted();
    title(session, at + 1, step.title, step.why);
    await step.change();
    const ending = await runIn(session, demo, ship({ ...common, app }));
    runs.push(ending.value);
    if ((ending.errors ?? []).length > 0) return { ...ending, value: { runs } };
  }
  runs.push(await breakIt(story, repo, app));
  runs.push(await goBack(story, app));
  const shown = await prove(story, configRepo, 'app-repo');
  return { value: { runs, proofs: shown } };
}

/** A tag that nobody pushed: what is committed is not yet what runs. */
async function breakIt({ session, demo, common }: Story, repo: string, app: string): Promise<unknown> {
  const why = 'The commit lands all the same. Argo CD says why it does not run.';
  title(session, 4, 'By hand: a tag that nobody pushed', why);
  const set = ['main/values.yaml:.front.imageTag=v2.0-typo'];
  await commit(common, { repo, branch: 'main', set, message: 'Try v2.0', create: false })(
    inside(session, demo, 'commit'),
  );
  const ending = await wait(
    { ...common, app },
    { application: [], sync: false, branch: 'main' },
  )(inside(session, demo, 'wait'));
  return ending.value;
}

/** Back to the last delivery, and a hold so that no run undoes that unasked. */
async function goBack({ session, demo, common }: Story, app: string): Promise<unknown> {
  title(session, 5, 'Back to what ran before', 'One commit: the earlier tag, and a hold that says why.');
  const why = 'v2.0-typo was never pushed';
  const back = rollback({ ...common, app }, 'main', { to: 'previous', why });
  return (await back(inside(session, demo, 'rollback'))).value;
}

/** The user's own app, shipped to the demo's servers. */
async function tellOwn(story: Story, app: string): Promise<Ending> {
  const { session, demo, common } = story;
  const plan = await planOwnApp(session, demo, app);
  const repos = plan.deliveries.map(({ repo }) => new URL(repo).pathname.replace(/^\/|\.git$/g, ''));
  introduce(session, demo, repos);
  const why = 'Your registry and config repos are replaced; nothing leaves.';
  title(session, 1, 'Your app, to servers on this machine', why);
  const ending = await runIn(session, demo, async (own) => {
    own.started(plan.source);
    return runPlan(own, plan, common);
  });
  const [image] = plan.images;
  const [repo] = repos;
  if ((ending.errors ?? []).length > 0 || image === undefined || repo === undefined) return ending;
  const shown = await prove(story, repo, image.repository);
  return { ...ending, value: { runs: [ending.value], proofs: shown } };
}

async function prove({ session, demo, dir, options }: Story, repo: string, repository: string): Promise<Proof[]> {
  session.say((colors) => `\n${colors.bold('What is where now')}`);
  const list = await proofs(demo, repo, repository);
  showProofs(session, list);
  farewell(session, demo, { configRepo: repo, stays: !options.exit, kept: options.keep ? dir : undefined });
  return list;
}

/** Keeps the servers up, so that the commands shown can be run, until somebody says stop. */
async function untilStopped(session: Session): Promise<void> {
  const { signal } = session.world;
  while (!signal.aborted) await sleep(60_000, undefined, { signal }).catch(() => undefined);
}

function configText(demo: DemoWorld, repo: string): string {
  return `registry: { host: "${demo.registry.host}", login: ecr }
aws:
  role: ${demoAws.role}
  region: ${demoAws.region}
  sessionSeconds: ${demoAws.sessionSeconds}

images:
  app:
    repository: app-repo
    dockerfile: build/app/Dockerfile.prod
  web:
    repository: web-repo
    dockerfile: build/web/Dockerfile
  migration:
    repository: migration-repo
    dockerfile: build/migration/Dockerfile

deliveries:
  main:
    from: main
    repo: ${repo}
    branch: main
    set:
      main/values.yaml:
        .front.imageTag: "{tag}"
    application: shop

argocd:
  server: ${demo.argocd.url}
  auth: oidc
  settle: 500ms
`;
}
