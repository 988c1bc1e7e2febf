import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { leftOutValues } from '../../config/plan/part.ts';
import { reaches, skippedDeliveries, takenBy, whatItIsOf } from '../../config/plan/reach.ts';
import { type Identity, planRun } from '../../config/plan/run.ts';
import { parseImages } from '../../config/read/arguments.ts';
import type { Lists } from '../../config/read/lists.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import type { Config } from '../../config/shape/checked.ts';
import { TagboatError } from '../../errors.ts';
import { emitNotice } from '../../events.ts';
import { delivering } from '../../plan/outcome.ts';
import type { Person, RunPlan, Source } from '../../plan.ts';
import { checkoutGit } from '../../wire/checkout.ts';
import type { Env, World } from '../../wire/world.ts';
import { oneLine } from '../show/printable.ts';
import { lookUpImages } from './lists/look-up.ts';
import type { CommonOptions } from './options.ts';
import type { Session } from './session.ts';
import { sourceOfRef } from './source/said-ref.ts';
import { withTemplates } from './source/templates.ts';
import { readSource } from './source.ts';

const configName = 'tagboat.yaml';

/** A run worked out: nothing was asked of any server yet. */
export interface OpenedRun {
  readonly config: Config;
  readonly source: Source;
  /** What is checked out, which `source` is too unless it is planned as if it were merged. */
  readonly found: Source;
  readonly plan: RunPlan;
  /** What it is planned as, where that is another than is checked out, as sentences. */
  readonly notes: readonly string[];
}

/** What a run is worked out from. */
export interface OpenedConfig extends Omit<OpenedRun, 'plan' | 'found' | 'notes'> {
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
  const [[found, identity], { parseConfig }] = await Promise.all([asked, import('../../config/config.ts')]);
  const source = options.ref === undefined ? found : await sourceOfRef(world, found, options.ref);
  session.started(source);
  const { text, file, path, lists } = await readConfigText(session, source.dir, options.config);
  const config = parseConfig(text, file, world.env, { unset, lists });
  tellLeftOut(session, config);
  if (delivering.includes(session.command)) {
    session.hooks.push(...config.notify);
    if (config.comment) session.commented.push({ path, source });
  }
  if (config.notify.length > 0) (await import('./notify/notify.ts')).maskHooks(world, config.notify);
  return { source, identity, config };
}

/** Tells what targets of a bake or compose file have, and their images do without. */
export function tellLeftOut({ emit }: Session, { leftOut = [] }: Config): void {
  for (const { image, what } of leftOut)
    emitNotice(emit, 'warning', 'plan', 'BAKE_LEFT_OUT', { image }, `Left out of ${image}: ${oneLine(what)}.`);
}

/** Refuses what a fork proposes: with our secrets, a run would build and push what anybody wrote. Throws SOURCE_FROM_FORK. */
export function refuseFork({ pullRequest }: Source): void {
  if (pullRequest?.foreign) throw new TagboatError('SOURCE_FROM_FORK', { number: pullRequest.number });
}

/**
 * Refuses a run that would deliver nothing, though the config names deliveries: a commit of which nobody says what it is
 * of, a git tag or a pull request that none takes, a delivery that was asked for; and tells of a branch that none takes.
 * Throws SOURCE_FROM_FORK, and unless it is allowed NOTHING_TO_DELIVER, GIT_TAG_NOT_TAKEN, PULL_REQUEST_NOT_TAKEN.
 */
export function tellNothing(
  { emit }: Session,
  { config, source, plan }: OpenedRun,
  options: CommonOptions,
  allowed = false,
): void {
  refuseFork(source);
  const { pullRequest, gitTag: tag, branch } = source;
  const { delivery: asked } = options;
  const missed = asked?.find((name) => !plan.deliveries.some((one) => one.name === name));
  if (config.deliveries.length === 0 || (missed === undefined && plan.deliveries.length > 0)) return;
  const takes = takenBy(config.deliveries.filter(({ name }) => asked?.includes(name) !== false));
  if (!allowed) {
    const reached = config.deliveries.some(
      (one) => (missed === undefined || one.name === missed) && reaches(one, source),
    );
    if (reached)
      throw new TagboatError('NOTHING_TO_DELIVER', { told: 'it sets no value of the images asked for', takes });
    if (tag !== undefined) throw new TagboatError('GIT_TAG_NOT_TAKEN', { tag: oneLine(tag), takes });
    if (branch === undefined && pullRequest !== undefined)
      throw new TagboatError('PULL_REQUEST_NOT_TAKEN', { number: pullRequest.number, takes });
    const told =
      branch === undefined
        ? `HEAD is detached at ${source.commit}, and no CI that is known here says what it is of`
        : whatItIsOf(source);
    if (branch === undefined || missed !== undefined) throw new TagboatError('NOTHING_TO_DELIVER', { told, takes });
  }
  const message = `Nothing is committed: deliveries take ${takes.join(', ')}, and ${whatItIsOf(source)}.`;
  emitNotice(emit, 'warning', 'plan', 'NOTHING_TAKEN', { commit: source.commit }, message);
}

/**
 * Reads the app repo's commit and its config, tells that the run began, and plans it; `asMerged`: of a pull request
 * that nothing takes, what its merge would do. Throws CONFIG_*, SOURCE_*.
 */
export async function openRun(
  session: Session,
  options: CommonOptions,
  unset: BearsUnset = () => false,
  { asMerged = false }: { readonly asMerged?: boolean } = {},
): Promise<OpenedRun> {
  const { emit } = session;
  const { config, source: found, identity } = await openConfig(session, options, unset);
  const into = asMerged && !config.deliveries.some((one) => reaches(one, found)) ? found.pullRequest?.into : undefined;
  const source = into === undefined ? found : { ...found, branch: into, pullRequest: undefined };
  const notes: string[] = [];
  const wanted = config.deliveries.filter(
    (one) => reaches(one, source) && options.delivery?.includes(one.name) !== false,
  );
  session.unplanned.push({ source, deliveries: wanted.map((one) => ({ ...one, edits: one.set })) });
  if (into !== undefined) {
    const message = `Planned as if pull request ${found.pullRequest?.number} were merged into ${oneLine(into)}.`;
    emitNotice(emit, 'info', 'plan', 'PLANNED_AS_MERGED', { into }, message);
    notes.push(message);
  }
  const { delivery: deliveries, image = [] } = options;
  const names = image.filter((one) => !one.includes('='));
  const from = parseImages(image.filter((one) => one.includes('=')));
  const images = names.length === 0 ? undefined : [...names, ...Object.keys(from)];
  const planned = planRun(config, source, { ...identity, deliveries, images, from, now: session.world.clock.now() });
  const plan = await withTemplates(planned, source.dir);
  if (source.dirty !== false) {
    const message = `Files differ from the commit, so what names it ends in -dirty-${source.dirty}. Commit them first.`;
    emitNotice(emit, 'warning', 'plan', 'FILES_UNCOMMITTED', { state: source.dirty }, message);
  }
  const leftOut = (delivery: string, message: string): void =>
    emitNotice(emit, 'info', 'plan', 'DELIVERY_LEFT_OUT', { delivery }, message);
  for (const { name, why } of skippedDeliveries(config, source, options.delivery)) {
    leftOut(name, `Left out: ${why}`);
  }
  for (const { name, why } of leftOutValues(config, plan, images)) leftOut(name, `Left out: ${why}.`);
  return { config, source, found, plan, notes };
}

/** The config file's text, its name as it is shown, and what it leaves to be found in the app repo. Throws CONFIG_MISSING, CONFIG_UNREADABLE. */
export async function readConfigText(
  session: Session,
  dir: string,
  named: string | undefined,
): Promise<{ readonly text: string; readonly file: string; readonly path: string; readonly lists: Lists }> {
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
  const { peekConfig } = await import('../../config/config.ts');
  return {
    text,
    file: shown,
    path,
    lists: await lookUpImages(session.world, dir, peekConfig(text, shown, session.world.env)),
  };
}

/**
 * Who commits: GitHub's own account in Actions, elsewhere whom git would take, by its variables first (git-commit-tree,
 * "Commit information"). git is asked only where neither tells.
 */
export async function identityIn(world: World, dir: string): Promise<Identity> {
  const actions = world.env.GITHUB_ACTIONS === 'true';
  return { actions, gitUser: actions ? undefined : (namedIn(world.env) ?? (await gitUser(world, dir))) };
}

/** Who a job's variables say commits, or else who they say writes, where they have both name and address. */
function namedIn(env: Env): Person | undefined {
  const people = ['GIT_COMMITTER', 'GIT_AUTHOR'].map((who) => ({
    name: env[`${who}_NAME`]?.trim() ?? '',
    email: env[`${who}_EMAIL`]?.trim() ?? '',
  }));
  return people.find(({ name, email }) => name !== '' && email !== '');
}

/** Who asked for it, where that is a job of Actions. */
export function actorIn({ GITHUB_ACTIONS: actions, GITHUB_ACTOR: actor }: Env): string | undefined {
  return actions === 'true' ? actor : undefined;
}

/** git's own user on this machine, where both name and address are set. */
async function gitUser(world: World, dir: string): Promise<Person | undefined> {
  const done = await checkoutGit(world, dir)('config', '-z', '--get-regexp', '^user\\.(name|email)$');
  // Each entry is its key, a line feed and its value; a later file's comes later and counts.
  const entries = done.stdout.split('\0').map((entry) => /^([^\n]*)\n([\s\S]*)$/.exec(entry) ?? []);
  const values = new Map(entries.map(([, key = '', value = '']) => [key, value.trim()]));
  const [name, email] = [values.get('user.name'), values.get('user.email')];
  return name && email ? { name, email } : undefined;
}
