import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { planRun, skippedDeliveries } from '../config/plan-run.ts';
import type { Config } from '../config.ts';
import { TagboatError } from '../errors.ts';
import type { Person, RunPlan, Source } from '../plan.ts';
import type { World } from '../wire/world.ts';
import type { CommonOptions } from './program.ts';
import type { Session } from './session.ts';
import { readSource } from './source.ts';

const configName = 'tagboat.yaml';

/** A run worked out: nothing was asked of any server yet. */
export interface Prepared {
  readonly config: Config;
  readonly source: Source;
  readonly plan: RunPlan;
}

/** Reads the app repo's commit and its config, tells that the run began, and plans it. Throws CONFIG_*, SOURCE_*. */
export async function prepare(session: Session, options: CommonOptions): Promise<Prepared> {
  const { world, emit } = session;
  const source = await readSource(world, resolve(session.cwd, options.app ?? '.'));
  session.started(source);
  const config = await readConfigFile(session, source, options.config);
  const identity = { actions: world.env.GITHUB_ACTIONS === 'true', gitUser: await gitUser(world, source.dir) };
  const plan = planRun(config, source, identity);
  if (source.dirty) {
    const message = 'Files differ from the commit: its id will not tell what was built. Commit them first.';
    emit({ type: 'notice', level: 'warning', stage: 'plan', message });
  }
  for (const { why } of skippedDeliveries(config, source)) {
    emit({ type: 'notice', level: 'info', stage: 'plan', message: `Left out: ${why}` });
  }
  return { config, source, plan };
}

async function readConfigFile(session: Session, source: Source, named: string | undefined): Promise<Config> {
  const path = named === undefined ? join(source.dir, configName) : resolve(session.cwd, named);
  const inside = relative(session.cwd, path);
  const shown = inside.startsWith('..') || isAbsolute(inside) ? path : inside;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && named === undefined) {
      throw new TagboatError('CONFIG_MISSING', { looked: [configName], dir: source.dir });
    }
    const reason = error.code === 'ENOENT' ? "it isn't there" : (error.code ?? error.message);
    throw new TagboatError('CONFIG_UNREADABLE', { file: shown, reason }, { place: { file: shown } });
  });
  // With its schema it takes longer to load than a config commit needs for a request, and `commit --repo` has no config.
  const { parseConfig } = await import('../config.ts');
  return parseConfig(text, shown, session.world.env);
}

/** git's own user on this machine, where both name and address are set. */
export async function gitUser(world: World, dir: string): Promise<Person | undefined> {
  const get = async (key: string): Promise<string> => {
    const done = await world.exec({ program: 'git', args: ['-C', dir, 'config', key], signal: world.signal });
    return done.code === 0 ? done.stdout.trim() : '';
  };
  const [name, email] = await Promise.all([get('user.name'), get('user.email')]);
  return name === '' || email === '' ? undefined : { name, email };
}
