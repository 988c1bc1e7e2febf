import type { Allowance } from '../../plan.ts';
import type { Env } from '../../wire/world.ts';
import type { CommitOptions } from '../commands/commit.ts';
import type { PromoteOptions } from '../commands/promote/named.ts';
import type { RetireOptions } from '../commands/retire.ts';
import type { RollbackOptions } from '../commands/rollback.ts';
import type { WaitOptions } from '../commands/wait.ts';
import { type BuildingOptions, type CommonOptions, type LandingOptions, unusedOption } from '../run/options.ts';
import { choiceOf, inputText, linesOf, someLines, truthOf, variableOf, wholeOf, wrongInput } from './one-input.ts';

/** About what stands in a config repo: with a delivery of the config, or with repo and path. */
const ofState = ['hold', 'unhold', 'holds', 'queue', 'rollback'] as const;
const commands = ['ship', 'build', 'commit', 'wait', 'promote', 'retire', 'plan', ...ofState] as const;

export interface ActionInputs {
  readonly command: (typeof commands)[number];
  readonly common: CommonOptions;
  readonly commit: CommitOptions;
  readonly landing: LandingOptions;
  readonly building: BuildingOptions;
  readonly plan: { readonly comment: boolean; readonly render: boolean | undefined };
  readonly wait: WaitOptions;
  readonly retire: RetireOptions;
  readonly promote: { readonly names: readonly string[]; readonly options: PromoteOptions };
  readonly state: {
    readonly delivery: string | undefined;
    readonly options: RollbackOptions & Pick<LandingOptions, 'queue'>;
  };
}

/** Inputs that hold secrets, and the variables under which everything else knows them. */
const secrets: Readonly<Record<string, string>> = {
  token: 'TAGBOAT_TOKEN',
  'app-id': 'TAGBOAT_APP_ID',
  'private-key': 'TAGBOAT_APP_PRIVATE_KEY',
  'github-token': 'GITHUB_TOKEN',
  'argocd-token': 'ARGOCD_AUTH_TOKEN',
};

/**
 * The environment with secret inputs moved to the variables they stand for, so that no child finds them a second time
 * under their input's name. A variable set by the workflow's own `env:` gives way to an input.
 */
export function adoptSecrets(env: Env): Record<string, string | undefined> {
  const adopted: Record<string, string | undefined> = { ...env };
  for (const [input, variable] of Object.entries(secrets)) {
    const value = inputText(env, input);
    adopted[variableOf(input)] = undefined;
    // The default token must not take the place of one that the workflow gives on purpose.
    if (value !== undefined && (input !== 'github-token' || !env[variable])) adopted[variable] = value;
  }
  return adopted;
}

/** Inputs that say what is to be done, and the options that they are. Those left out here go with every command. */
const options: Readonly<Record<string, string>> = {
  ...{ config: 'config', app: 'app', jobs: 'jobs', rebuild: 'rebuild', force: 'force', queue: 'queue' },
  ...{ repo: 'repo', branch: 'branch', set: 'set', message: 'message', author: 'author', via: 'via', create: 'create' },
  ...{ allow: 'allow', image: 'image' },
  ...{ 'config-commit': 'commit', application: 'application', timeout: 'timeout', sync: 'sync', server: 'server' },
  ...{ ref: 'ref', deliveries: 'delivery', images: 'image' },
  ...{
    'allow-nothing': 'allowNothing',
    'wait-merge': 'waitMerge',
    comment: 'comment',
    render: 'render',
    delivery: 'name',
    from: 'names',
    pr: 'pr',
    to: 'to',
    why: 'why',
    until: 'until',
  },
  ...{ path: 'path', due: 'due', all: 'all', check: 'check' },
};

/** Inputs that are no option of these commands, but whom a command line names. */
const named: Readonly<Record<string, readonly string[]>> = { delivery: ofState, from: ['promote'], to: ['promote'] };

/** What an input says when it says nothing: what action.yml gives as its default, and a switch that isn't set. */
const idle: Readonly<Record<string, readonly string[]>> = {
  ...{ jobs: ['3'], queue: ['true', 'True', 'TRUE'] },
  ...Object.fromEntries(
    ['rebuild', 'force', 'allow-nothing', 'create', 'sync', 'comment', 'due', 'all', 'check'].map((name) => [
      name,
      ['false', 'False', 'FALSE'],
    ]),
  ),
};

/** Throws USAGE for an input that is given to a command which does nothing with it. */
function refuseIgnored(env: Env, command: string): void {
  const given = Object.keys(options).filter((input) => {
    const value = inputText(env, input);
    return value !== undefined && !idle[input]?.includes(value) && !named[input]?.includes(command);
  });
  const names = given.flatMap((input) => options[input] ?? []);
  const unused = unusedOption(command, names);
  if (unused === undefined) return;
  const input = given[names.indexOf(unused.option)];
  if (unused.goesWith === 'repo')
    throw wrongInput(`The input ${input} goes with repo, which says where; without it the config file does.`);
  if (unused.goesWith === 'config')
    throw wrongInput(`The input ${input} goes with a config file, and with repo none is read.`);
  throw wrongInput(`The input ${input} is nothing that the command ${command} does anything with.`);
}

/** Whether nothing but warnings and errors is told. What can't be read is told by `readInputs`. */
export function isQuiet(env: Env): boolean {
  return /^true$/i.test(inputText(env, 'quiet') ?? '');
}

/** What is to be done, by the name that the command line's program has for it. */
export function commandIn(env: Env): string {
  const command = inputText(env, 'command') ?? 'ship';
  return command === 'release' ? 'unhold' : command;
}

/** The action's inputs as options. Throws USAGE. */
export function readInputs(env: Env): ActionInputs {
  const command = commandIn(env);
  const known = commands.find((one) => one === command);
  if (known === undefined)
    throw wrongInput(`The input command is ${command}, which is none of ${commands.join(', ')}.`);
  refuseIgnored(env, known);
  const landing = {
    force: truthOf(env, 'force'),
    queue: truthOf(env, 'queue', 'true'),
    allowNothing: truthOf(env, 'allow-nothing'),
    waitMerge: inputText(env, 'wait-merge'),
  };
  return {
    command: known,
    landing,
    building: { rebuild: truthOf(env, 'rebuild') },
    common: {
      json: false,
      quiet: truthOf(env, 'quiet'),
      color: true,
      jobs: wholeOf(env, 'jobs') ?? 3,
      config: inputText(env, 'config'),
      app: inputText(env, 'app'),
      ref: inputText(env, 'ref'),
      delivery: someLines(env, 'deliveries'),
      image: [...linesOf(env, 'image'), ...linesOf(env, 'images')],
    },
    commit: {
      branch: inputText(env, 'branch') ?? 'main',
      set: linesOf(env, 'set'),
      create: truthOf(env, 'create'),
      allow: allowances(env),
      ...landing,
      repo: inputText(env, 'repo'),
      message: inputText(env, 'message'),
      author: inputText(env, 'author'),
      via: choiceOf(env, 'via', ['git', 'github', 'auto', 'pullRequest']),
    },
    plan: {
      comment: truthOf(env, 'comment'),
      render: inputText(env, 'render') === undefined ? undefined : truthOf(env, 'render'),
    },
    retire: { pr: inputText(env, 'pr'), force: landing.force },
    promote: promoteIn(env),
    state: stateIn(env),
    wait: {
      application: linesOf(env, 'application'),
      branch: inputText(env, 'branch') ?? 'main',
      sync: truthOf(env, 'sync'),
      repo: inputText(env, 'repo'),
      server: inputText(env, 'server'),
      commit: inputText(env, 'config-commit'),
      timeout: inputText(env, 'timeout'),
    },
  };
}

/** Throws USAGE where nothing says which of the names is the source. */
function promoteIn(env: Env): ActionInputs['promote'] {
  const [from, due] = [inputText(env, 'from'), truthOf(env, 'due')];
  const to = linesOf(env, 'to');
  const options = {
    ...{ due, all: truthOf(env, 'all'), check: truthOf(env, 'check'), force: truthOf(env, 'force') },
    ...{ why: inputText(env, 'why'), waitMerge: inputText(env, 'wait-merge') },
  };
  if (commandIn(env) === 'promote' && due && from !== undefined)
    throw wrongInput(
      'The input from goes without due: what is due comes from what after: names. Only some of it: the input to.',
    );
  if (commandIn(env) === 'promote' && !due && from === undefined && to.length > 0)
    throw wrongInput('The input to goes with from, which says whose values are promoted, or with due: true.');
  return { names: from === undefined ? to : [from, ...to], options };
}

function stateIn(env: Env): ActionInputs['state'] {
  const options = {
    ...{ repo: inputText(env, 'repo'), branch: inputText(env, 'branch'), path: linesOf(env, 'path') },
    queue: truthOf(env, 'queue', 'true'),
    to: inputText(env, 'to') ?? 'previous',
    force: truthOf(env, 'force'),
    waitMerge: inputText(env, 'wait-merge'),
    why: inputText(env, 'why'),
    until: inputText(env, 'until'),
  };
  return { delivery: inputText(env, 'delivery'), options };
}

function allowances(env: Env): Allowance[] {
  return linesOf(env, 'allow').map((line) => {
    if (line === 'aliases' || line === 'digest') return line;
    throw wrongInput(`The input allow has ${line}, not aliases or digest.`);
  });
}
