import { posix } from 'node:path';
import type { OciImageConfig } from '../base/config.ts';
import { expand } from '../dockerfile/expand.ts';
import type { CommandLine, Instruction, Saying } from '../dockerfile/instruction.ts';
import { Misread } from '../dockerfile/invalid.ts';
import { isSignal, readPorts } from './ports.ts';

/** A stage as far as it has come, without its files. */
export interface Progress {
  readonly config: OciImageConfig;
  /** ENV and ARG together, as later instructions see them. */
  readonly variables: Map<string, string>;
  /** A CMD stood in this stage, so that a later ENTRYPOINT leaves it. */
  ownCmd: boolean;
}

export interface StageScope {
  readonly escape: string;
  /** `args:` of the image. */
  readonly args: Readonly<Record<string, string>>;
  /** Arguments from before the first FROM, and the automatic ones. */
  readonly globals: ReadonlyMap<string, string>;
}

/** One word with its variables replaced. */
export function fill(text: string, progress: Progress, scope: StageScope): string {
  return expand(text, (name) => progress.variables.get(name), { escape: scope.escape }).text;
}

/** Does an instruction to the config; true when that was all of it. Throws Misread for what only variables show. */
export function apply(instruction: Instruction, progress: Progress, scope: StageScope): boolean {
  const { config } = progress.config;
  switch (instruction.is) {
    case 'env': {
      const filled = instruction.pairs.map((pair) => [
        fill(pair.name, progress, scope),
        fill(pair.value, progress, scope),
      ]);
      for (const [name = '', value = ''] of filled) {
        if (name === '') throw new Misread('ENV has a name that comes out empty');
        config.Env = withVariable(config.Env ?? [], name, value);
        progress.variables.set(name, value);
      }
      return true;
    }
    case 'arg':
      for (const argument of instruction.args) takeArgument(argument, progress, scope);
      return true;
    case 'label': {
      const filled = instruction.pairs.map((pair) => [
        fill(pair.name, progress, scope),
        fill(pair.value, progress, scope),
      ]);
      // A name like __proto__ is a label as any other.
      config.Labels = Object.assign(Object.create(null), config.Labels, Object.fromEntries(filled));
      return true;
    }
    case 'cmd':
      config.Cmd = shellForm(instruction, config.Shell);
      progress.ownCmd = true;
      return true;
    case 'entrypoint':
      config.Entrypoint = shellForm(instruction, config.Shell);
      // The base's CMD was meant for the base's ENTRYPOINT.
      if (!progress.ownCmd) config.Cmd = null;
      return true;
    case 'shell':
      config.Shell = [...instruction.shell];
      return true;
    case 'user':
      config.User = fill(instruction.user, progress, scope);
      return true;
    case 'expose': {
      const words = instruction.ports.flatMap(
        (port) => expand(port, (name) => progress.variables.get(name), { escape: scope.escape }).words,
      );
      config.ExposedPorts ??= {};
      for (const port of readPorts(words)) config.ExposedPorts[port] = {};
      return true;
    }
    case 'volume': {
      const paths = instruction.paths.map((path) => fill(path, progress, scope));
      if (paths.includes('')) throw new Misread('a VOLUME comes out empty');
      config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
      return true;
    }
    case 'stopsignal': {
      const signal = fill(instruction.signal, progress, scope);
      if (!isSignal(signal)) throw new Misread(`there is no signal ${JSON.stringify(signal)}`);
      config.StopSignal = signal;
      return true;
    }
    case 'healthcheck': {
      const { test, interval, timeout, startPeriod, startInterval, retries } = instruction.check;
      config.Healthcheck = {
        Test: [...test],
        Interval: interval,
        Timeout: timeout,
        StartPeriod: startPeriod,
        StartInterval: startInterval,
        Retries: retries,
      };
      return true;
    }
    case 'maintainer':
      progress.config.author = instruction.author;
      return true;
    case 'onbuild':
      config.OnBuild = [...(config.OnBuild ?? []), instruction.trigger];
      return true;
    case 'workdir':
      config.WorkingDir = workdir(fill(instruction.path, progress, scope), config.WorkingDir);
      return false;
    default:
      return false;
  }
}

/** The folder that WORKDIR comes to, from the one before. */
function workdir(path: string, before: string | undefined): string {
  const current = before === undefined || before === '' ? '/' : before;
  if (path === '') return current;
  // An absolute one stays as it is written, its last slash too: that is what ends up in the config.
  return path.startsWith('/') ? path : posix.resolve('/', current, path);
}

/** A destination as an absolute path; a slash or `/.` at its end is kept, because it means a folder. */
export function destination(path: string, progress: Progress): string {
  const written = path === '' || path === '.' ? './' : path;
  const whole = posix.resolve('/', progress.config.config.WorkingDir || '/', written);
  if (written.endsWith('/.')) return whole === '/' ? '/.' : `${whole}/.`;
  return written.endsWith('/') && whole !== '/' ? `${whole}/` : whole;
}

function withVariable(env: readonly string[], name: string, value: string): string[] {
  const at = env.findIndex((entry) => entry === name || entry.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

/** Given by `args:`, else its default, else what the global scope has. */
function takeArgument(
  argument: Extract<Saying, { is: 'arg' }>['args'][number],
  progress: Progress,
  scope: StageScope,
): void {
  const name = argument.name;
  const given = Object.hasOwn(scope.args, name) ? scope.args[name] : undefined;
  const value =
    given ?? (argument.value === undefined ? scope.globals.get(name) : fill(argument.value, progress, scope));
  if (value !== undefined) progress.variables.set(name, value);
}

function shellForm(line: CommandLine, shell: readonly string[] | undefined): string[] {
  if (line.form === 'json') return [...line.words];
  return [...(shell === undefined || shell.length === 0 ? ['/bin/sh', '-c'] : shell), line.words.join(' ')];
}
