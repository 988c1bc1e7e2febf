import type { HoldTarget } from '../../../config/plan/hold.ts';
import { namedOf } from '../../../config/plan/part.ts';
import { withNumber } from '../../../config/plan/run.ts';
import { parsePlace, parseRepo } from '../../../config/read/arguments.ts';
import { type TagboatError, usageError } from '../../../errors.ts';
import type { CommonOptions } from '../../run/options.ts';
import { openConfig } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';

/** Which part of which config repo a command is about: a delivery by its name, or everything on the command line. */
export interface TargetOptions {
  readonly repo?: string | undefined;
  readonly branch?: string | undefined;
  readonly path?: readonly string[] | undefined;
}

/** Places of one config repo, and the files there that its delivery writes whole, with `{pr}` in them. */
interface CommandTarget extends HoldTarget {
  readonly written: readonly string[];
}

/** The config's deliveries (the named one alone), or what the command line says. Throws USAGE, CONFIG_*, SOURCE_*. */
export async function commandTargets(
  session: Session,
  common: CommonOptions,
  name: string | undefined,
  options: TargetOptions,
): Promise<CommandTarget[]> {
  const { command, world } = session;
  const wrong = (problem: string): TagboatError => usageError(problem, command);
  const paths = (options.path ?? []).map(parsePlace);
  if (options.repo !== undefined) {
    if (name !== undefined) throw wrong('Name a delivery of the config, or give --repo, not both.');
    const repo = parseRepo(options.repo, world.env.GITHUB_SERVER_URL);
    session.started();
    const own = { delivery: undefined, source: undefined, written: [] };
    return [{ ...own, repo, branch: options.branch ?? 'main', places: paths }];
  }
  if (options.branch !== undefined) throw wrong('--branch goes with --repo, which says where.');
  const { config, source } = await openConfig(session, common);
  const named = namedOf(config.deliveries, name === undefined ? undefined : [name], {
    ...{ kind: 'delivery', of: config, command },
  });
  if (named.length === 0) throw wrong(`${config.file} has no delivery.`);
  return named.map(({ name: delivery, repo, branch, set, write, via, pullRequest, queue, deploy }) => {
    const places = paths.length > 0 ? paths : set.map(({ file, path }) => ({ file, path }));
    const more = { via, pullRequest, queue, deploy, written: write.map(({ file }) => file) };
    return { delivery, repo, branch, places, isPart: paths.length > 0, source, ...more };
  });
}

/** The one target of a command that takes no more. Throws USAGE too. */
export async function commandTarget(
  session: Session,
  common: CommonOptions,
  name: string | undefined,
  options: TargetOptions,
): Promise<HoldTarget> {
  const [target, ...others] = await commandTargets(session, common, name, options);
  const { command } = session;
  if (target === undefined || others.length > 0) {
    const names = [target, ...others].map((one) => one?.delivery).join(', ');
    throw usageError(`Say which delivery: ${names}.`, command);
  }
  const { delivery, places, written } = target;
  const [file] = written;
  const isWritten = places.some((place) => written.some((one) => isOne(one, place.file)));
  if (command === 'rollback' && (isWritten || (places.length === 0 && file !== undefined))) {
    const problem = `${delivery} writes ${file} whole for each pull request, whose newest commit it follows: push the earlier state there, or keep a value of it as it is with tagboat hold.`;
    throw usageError(problem, command);
  }
  if (places.length > 0) return target;
  const which = `say which value of which pull request's, --path '${file?.replaceAll('{pr}', '7')}:.image.tag' for one of 7's.`;
  const problem =
    file === undefined
      ? "--repo goes with --path, such as 'main/values.yaml:.front.imageTag'."
      : `${delivery} writes ${file} whole for each pull request: ${which}`;
  throw usageError(problem, command);
}

/** Whether a file is one of those that a name with `{pr}` in it stands for. */
function isOne(name: string, file: string): boolean {
  const [number = ''] = /^\d+/.exec(file.slice(name.indexOf('{pr}'))) ?? [];
  return number !== '' && withNumber(name, Number(number)) === file;
}
