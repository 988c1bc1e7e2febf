import { type Fact, Unclear } from '../facts.ts';
import { isAboutChanges, type Outcome, optionsOf, pathInside, type Recogniser, type ShellCall } from '../shell/call.ts';
import { firstDigits, plainText, type RunText, unknownValue, variableValue } from '../value.ts';
import { recogniseDocker } from './docker.ts';
import { recogniseKustomize, recogniseSed, recogniseYq } from './files.ts';
import { recogniseGit } from './git.ts';

const nothing = (): Outcome => ({});

function echo({ args }: ShellCall): Outcome {
  const [first = ''] = args;
  const isOption = /^-[neE]+$/.test(first);
  const text = (isOption ? args.slice(1) : args).join(' ');
  const [, name, value = ''] = /^::set-output name=([\w-]+)::([\s\S]*)$/.exec(text) ?? [];
  if (name !== undefined) return { facts: [{ is: 'output', name, value }] };
  return { prints: isOption && first.includes('e') && text.includes('\\') ? unknownValue('it has escapes') : text };
}

function printf({ args: [format = '', ...values] }: ShellCall): Outcome {
  let at = 0;
  const prints = format.replaceAll('\\n', '\n').replaceAll('%s', () => values[at++] ?? '');
  if (at < values.length || /%|\\/.test(format.replaceAll('%s', '').replaceAll('\\n', '')))
    return { prints: unknownValue(`it is made by printf ${plainText(format) ?? ''}`) };
  return { prints };
}

/** `[ -n "$(git status --porcelain)" ]` asks whether something changed; anything else is a condition that isn't known. */
function test({ args }: ShellCall): Outcome {
  if (args.some(isAboutChanges)) return { asks: true };
  throw new Unclear('a condition');
}

function cut({ args, input = '', wholeCommits }: ShellCall): Outcome {
  const count = /^-c ?(?:1?-)?(\d+)$/.exec(args.join(' '));
  // `-c7` is the seventh character, `-c-7` and `-c1-7` are the first seven.
  if (count === null || !args.join(' ').includes('-', 1)) return { prints: unknownValue('it is cut out of something') };
  return { prints: firstDigits(input.trim(), Number(count[1]), wholeCommits) };
}

function head({ args, input = '', wholeCommits }: ShellCall): Outcome {
  const count = /^-(?:c ?|-bytes=)(\d+)$/.exec(args.join(' '))?.[1];
  if (count === undefined) return { prints: unknownValue('it is cut out of something') };
  return { prints: firstDigits(input.trim(), Number(count), wholeCommits) };
}

const argocdValues = ['--server', '--auth-token', '--timeout', '--retry-limit', '--operation-timeout'];
const argocdFlags = [
  ...['--grpc-web', '--health', '--sync', '--operation', '--plaintext', '--prune', '--refresh', '--hard-refresh'],
];

function argocd(call: ShellCall): Outcome {
  const [first = '', verb = '', ...args] = call.args;
  if (first === 'version') return {};
  if (first !== 'app' || !['sync', 'wait', 'get'].includes(verb))
    throw new Unclear(`\`argocd ${plainText(first) ?? ''} ${plainText(verb) ?? ''}\``);
  if (args.includes('--insecure')) throw new Unclear('--insecure, which takes any certificate');
  const { of, rest } = optionsOf(args, argocdFlags, argocdValues);
  if (verb === 'get') return {};
  const app = {
    server: of('--server')[0] ?? call.variable('ARGOCD_SERVER'),
    token: of('--auth-token')[0] ?? call.variable('ARGOCD_AUTH_TOKEN'),
    seconds: plainText(of('--timeout')[0] ?? ''),
    ...{ sync: verb === 'sync', wait: verb === 'wait' },
  };
  return { facts: rest.map((name): Fact => ({ is: 'application', name, ...app })) };
}

const tool = /(?:^|\/)(?:argocd|kustomize|yq)[\w.-]*$|^\/(?:usr|tmp)\b|^\+|^\d+$|^-|\/(?:releases|download)\//;

/** Programs that are fetched for the delivery alone have no use after it. */
function fetched({ args, program }: ShellCall): Outcome {
  if (args.some((one) => /argocd|kustomize|yq/.test(one)) && args.every((one) => tool.test(one))) return {};
  throw new Unclear(`\`${program}\``);
}

/** The programs that are understood in a script, by their names. */
export const programs: Readonly<Record<string, Recogniser>> = {
  ...{ docker: recogniseDocker, git: recogniseGit, yq: recogniseYq, sed: recogniseSed, kustomize: recogniseKustomize },
  ...{ echo, printf, '[': test, test, cut, head, argocd },
  ...{ curl: fetched, wget: fetched, chmod: fetched, mv: fetched, install: fetched, rm: fetched },
  ...Object.fromEntries(['set', 'true', ':', 'sleep', 'break', 'continue'].map((name) => [name, nothing])),
  exit: () => ({ ends: true }),
  pwd: ({ dir }) => ({ prints: `/github/workspace/${dir}` }),
  ls: () => ({ prints: unknownValue('it is what `ls` lists') }),
  aws: ({ args }) => {
    if (args[0] === 'ecr' && args[1] === 'get-login-password')
      return { prints: variableValue('ECR', 'ecr password', false) };
    throw new Unclear('`aws`');
  },
  cat: ({ input, args }) => {
    if (input === undefined || args.length > 0) throw new Unclear('`cat`');
    return { prints: input };
  },
  cd: (call) => ({ dir: pathInside(call, call.args[0] ?? '/github/workspace') }),
  pushd: (call) => ({ dir: pathInside(call, call.args[0] ?? '') }),
  export: ({ args }) => ({
    sets: args.flatMap((one): (readonly [string, RunText])[] => {
      if (one.startsWith('-')) throw new Unclear('`export`');
      const [, name, value = ''] = /^(\w+)=([\s\S]*)$/.exec(one) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  }),
  printenv: ({ args, variable }) => ({ prints: variable(plainText(args[0] ?? '') ?? '') }),
  tr: ({ args, input }) => ({
    prints: args.join(' ') === '-d \\n' ? (input ?? '').replaceAll('\n', '') : unknownValue('it went through `tr`'),
  }),
  date: () => ({ prints: unknownValue('it is the time of the run, and {commitTime} is that of the commit') }),
};
