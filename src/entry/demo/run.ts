import type { Emit } from '../../events.ts';
import type { RunPlan, Source } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { runPlan } from '../run/run-plan.ts';
import { runStarted, type Session } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';
import { baseFiles, writeFiles } from './app.ts';
import { trafficLine, watchTraffic } from './narrate.ts';
import { type DemoWorld, role } from './world.ts';

/** The demo's AWS account, as a config would name it. */
export const demoAws = {
  role,
  region: 'ap-northeast-1',
  sessionSeconds: 1_800,
  audience: 'sts.amazonaws.com',
};

export function demoRegistry({ registry }: DemoWorld) {
  return { host: registry.host, prefix: '', login: 'ecr', insecure: true } as const;
}

/** The session as the demo's jobs see it, on its servers: people are shown each step's result, programs everything. */
export function inside(session: Session, demo: DemoWorld, command = 'ship'): Session {
  const emit: Emit = (happening) => {
    if (happening.type === 'image.log' && !session.settings.json) return;
    session.emit(happening);
  };
  return { ...session, world: demo.world, emit, started: (source) => emit(runStarted(command, source)) };
}

/** One run on the demo's servers, with what it cost on the wire told below. */
export async function runIn(
  session: Session,
  demo: DemoWorld,
  run: (session: Session) => Promise<Ending>,
): Promise<Ending> {
  const traffic = watchTraffic(demo);
  const ending = await run(inside(session, demo));
  if ((ending.errors ?? []).length === 0) session.say((colors) => trafficLine(traffic(), colors));
  return ending;
}

/** Puts the base image into the registry, by the same means as any other. Quietly: it is scenery. */
export async function pushBase(session: Session, demo: DemoWorld, dir: string, common: CommonOptions): Promise<void> {
  await writeFiles(dir, baseFiles);
  const source: Source = {
    dir,
    url: undefined,
    commit: '0'.repeat(40),
    branch: undefined,
    subject: 'The base image',
    author: { name: 'Ada', email: 'ada@example.com' },
    committedAt: '2026-01-01T00:00:00Z',
    dirty: false,
    runUrl: undefined,
  };
  const image: RunPlan['images'][number] = {
    ...{ name: 'base', registry: demoRegistry(demo), repository: 'base', tag: '1' },
    ...{ dockerfile: `${dir}/Dockerfile`, context: dir, target: undefined, args: {}, platforms: [] },
    ...{ engine: 'assemble', builder: undefined, cache: false },
  };
  const silent = { ...inside(session, demo), emit: () => undefined };
  const { errors } = await runPlan(silent, { source, aws: demoAws, images: [image], deliveries: [] }, common);
  const [error] = errors ?? [];
  if (error !== undefined) throw new Error(`the base image: ${error.code} ${error.message}`);
}
