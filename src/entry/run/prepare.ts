import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { type Identity, planRun, skippedDeliveries } from '../../config/plan/run.ts';
import { parseImages } from '../../config/read/arguments.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import type { Config } from '../../config/shape/checked.ts';
import { TagboatError } from '../../errors.ts';
import type { Person, RunPlan, Source } from '../../plan.ts';
import type { Env, World } from '../../wire/world.ts';
import type { CommonOptions } from './options.ts';
import type { Session } from './session.ts';
import { readSource } from './source.ts';

const configName = 'tagboat.yaml';

/** A run worked out: nothing was asked of any server yet. */
export interface OpenedRun {
  readonly config: Config;
  readonly source: Source;
  readonly plan: RunPlan;
}

/** What a run is worked out from. */
export interface OpenedConfig extends Omit<OpenedRun, 'plan'> {
  readonly identity: Identity;
}

/** Variables that only who builds has any use for: a laptop needn't know the account. */
export const ofBuilding: BearsUnset = ([part]) => part === 'registry' || part === 'aws' || part === 'images';

/**
 * Reads the app repo's commit and its config, and tells that the run began. Variables for building may be unset. Throws
 * CONFIG_*, SOURCE_*.
 */
export async function openConfig(
  session: Session,
  options: CommonOptions,
  unset: BearsUnset = ofBuilding,
): Promise<OpenedConfig> {
  const { world } = session;
  const dir = resolve(session.cwd, options.app ?? '.');
  // What git is asked takes as long as loading the code that reads the config: both at once.
  const asked = Promise.all([readSource(world, dir), identityIn(world, dir)]);
  const [[source, identity], { parseConfig }] = await Promise.all([asked, import('../../config/config.ts')]);
  session.started(source);
  const { text, file } = await readConfigText(session, source.dir, options.config);
  return {
    source,
    identity,
    config: parseConfig(text, file, world.env, unset),
  };
}

/**
 * Tells that a run delivers nothing, where the config names deliveries and none takes the branch. On a detached head, and
 * without a CI that says what it is of, that is hardly meant. Throws NOTHING_TO_DELIVER unless it is allowed.
 */
export function tellNothing({ emit, world }: Session, { config, source, plan }: OpenedRun, allowed: boolean): void {
  if (plan.deliveries.length > 0 || config.deliveries.length === 0) return;
  const inCi = world.env.GITHUB_ACTIONS === 'true' || world.env.GITLAB_CI === 'true';
  if (source.branch === undefined && !inCi && !allowed) {
    const from = [...new Set(config.deliveries.flatMap((delivery) => delivery.from))];
    throw new TagboatError('NOTHING_TO_DELIVER', { commit: source.commit, from });
  }
  const { GITHUB_REF: ref } = world.env;
  const told = inCi && ref !== undefined ? `GITHUB_REF is ${ref}` : `HEAD is detached at ${source.commit}`;
  const why = source.branch === undefined ? `the commit is on no branch (${told})` : `none takes ${source.branch}`;
  const message = `Nothing is committed: deliveries take branches, and ${why}.`;
  emit({
    type: 'notice',
    code: 'NOTHING_TAKEN',
    data: { commit: source.commit },
    level: 'warning',
    stage: 'plan',
    message,
  });
}

/** Reads the app repo's commit and its config, tells that the run began, and plans it. Throws CONFIG_*, SOURCE_*. */
export async function openRun(
  session: Session,
  options: CommonOptions,
  unset: BearsUnset = () => false,
): Promise<OpenedRun> {
  const { emit } = session;
  const { config, source, identity } = await openConfig(session, options, unset);
  const now = session.world.clock.now();
  const plan = planRun(config, source, { ...identity, from: parseImages(options.image ?? []), now });
  if (source.dirty !== false) {
    const message = `Files differ from the commit, so what names it ends in -dirty-${source.dirty}. Commit them first.`;
    emit({
      type: 'notice',
      code: 'FILES_UNCOMMITTED',
      data: { state: source.dirty },
      level: 'warning',
      stage: 'plan',
      message,
    });
  }
  for (const { name, why } of skippedDeliveries(config, source)) {
    emit({
      type: 'notice',
      code: 'DELIVERY_LEFT_OUT',
      data: { delivery: name },
      level: 'info',
      stage: 'plan',
      message: `Left out: ${why}`,
    });
  }
  return { config, source, plan };
}

/** The config file's text, and its name as it is shown. Throws CONFIG_MISSING, CONFIG_UNREADABLE. */
export async function readConfigText(
  session: Session,
  dir: string,
  named: string | undefined,
): Promise<{ readonly text: string; readonly file: string; readonly path: string }> {
  const path = named === undefined ? join(dir, configName) : resolve(session.cwd, named);
  const inside = relative(session.cwd, path);
  const shown = inside.startsWith('..') || isAbsolute(inside) ? path : inside;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && named === undefined) {
      throw new TagboatError('CONFIG_MISSING', { looked: [configName], dir });
    }
    const reason = error.code === 'ENOENT' ? "it isn't there" : (error.code ?? error.message);
    throw new TagboatError('CONFIG_UNREADABLE', { file: shown, reason }, { place: { file: shown } });
  });
  return { text, file: shown, path };
}

/** Who commits: GitHub's own account in Actions, elsewhere git's user. In Actions git isn't asked. */
export async function identityIn(world: World, dir: string): Promise<Identity> {
  const actions = world.env.GITHUB_ACTIONS === 'true';
  return { actions, gitUser: actions ? undefined : await gitUser(world, dir) };
}

/** Who asked for it, where that is a job of Actions. */
export function actorIn({ GITHUB_ACTIONS: actions, GITHUB_ACTOR: actor }: Env): string | undefined {
  return actions === 'true' ? actor : undefined;
}

/** git's own user on this machine, where both name and address are set. */
async function gitUser(world: World, dir: string): Promise<Person | undefined> {
  const args = ['-C', dir, 'config', '-z', '--get-regexp', '^user\\.(name|email)$'];
  const done = await world.exec({ program: 'git', args, signal: world.signal, timeoutMs: 30_000 });
  // Each entry is its key, a line feed and its value; a later file's comes later and counts.
  const entries = done.stdout.split('\0').map((entry) => /^([^\n]*)\n([\s\S]*)$/.exec(entry) ?? []);
  const values = new Map(entries.map(([, key = '', value = '']) => [key, value.trim()]));
  const [name, email] = [values.get('user.name'), values.get('user.email')];
  return name && email ? { name, email } : undefined;
}
