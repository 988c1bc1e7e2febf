import type { Fact } from '../facts.ts';
import { firstDigits } from '../shell/expand.ts';
import { type Outcome, pathInside, type ShellCall } from '../shell/run.ts';
import { Unclear } from '../shell/tree.ts';
import { plainText, type RunText, unknownValue, variableValue } from '../value.ts';

const nothing = (): Outcome => ({});

/** `echo NAME=VALUE >> $GITHUB_ENV`, and text for people. */
function recogniseEcho({ args, into, input }: ShellCall): Outcome {
  const text = args[0]?.match(/^-[ne]+$/) ? args.slice(1).join(' ') : args.join(' ') || (input ?? '');
  const setOutput = /^::set-output name=([\w-]+)::([\s\S]*)$/.exec(text);
  if (setOutput !== null) return { facts: [{ is: 'output', name: setOutput[1] ?? '', value: setOutput[2] ?? '' }] };
  if (into === undefined) return { prints: text };
  if (into === '/github/summary') return {};
  const is = into === '/github/env' ? 'env' : into === '/github/output' ? 'output' : undefined;
  if (is === undefined) throw new Unclear('a file that is written');
  const facts = text.split('\n').map((line): Fact => {
    const [, name, value = ''] = /^([\w-]+)=([\s\S]*)$/.exec(line) ?? [];
    if (name === undefined) throw new Unclear('what is written for later steps');
    return { is, name, value };
  });
  return { facts };
}

/** `[ -n "$(git status --porcelain)" ]` asks whether something changed; anything else is a condition that isn't known. */
function test({ args }: ShellCall): Outcome {
  if (args.some((one) => one.includes('it is what changed'))) return { asks: true };
  throw new Unclear('a condition');
}

function cut({ args, input = '', wholeCommits }: ShellCall): Outcome {
  const text = args.join(' ');
  const digits = /^-c\s*1?-(\d+)$|^-c ?1-(\d+)$/.exec(text) ?? /^-c ?(\d+)$/.exec(text);
  const count = digits?.[1] ?? digits?.[2];
  return {
    prints:
      count === undefined
        ? unknownValue('it is cut out of something')
        : firstDigits(input.trim(), Number(count), wholeCommits),
  };
}

function argocd(call: ShellCall): Outcome {
  const [first = '', verb = '', ...args] = call.args;
  const flag = (...names: string[]): RunText | undefined => {
    for (const [at, one] of args.entries()) {
      for (const name of names) {
        if (one === name) return args[at + 1];
        if (one.startsWith(`${name}=`)) return one.slice(name.length + 1);
      }
    }
    return undefined;
  };
  if (first === 'version') return {};
  if (first !== 'app' || !['sync', 'wait', 'get'].includes(verb))
    throw new Unclear(`\`argocd ${plainText(first) ?? ''} ${plainText(verb) ?? ''}\``);
  const values = ['--server', '--auth-token', '--timeout', '--retry-limit', '--operation-timeout'];
  const names = args.filter((one, at) => !one.startsWith('-') && !values.includes(args[at - 1] ?? ''));
  const strange = args.find(
    (one) =>
      /^-/.test(one) &&
      !/^--(?:server|auth-token|timeout|retry-limit|grpc-web|health|sync|operation|insecure|plaintext|prune|refresh|hard-refresh)(?:=|$)/.test(
        one,
      ),
  );
  if (strange !== undefined) throw new Unclear(`the option ${strange}`);
  if (args.includes('--insecure')) throw new Unclear('--insecure, which takes any certificate');
  const app = {
    server: flag('--server') ?? call.variable('ARGOCD_SERVER'),
    token: flag('--auth-token') ?? call.variable('ARGOCD_AUTH_TOKEN'),
  };
  if (verb === 'get') return {};
  return {
    facts: names.map(
      (name): Fact => ({
        is: 'application',
        name,
        sync: verb === 'sync',
        wait: verb === 'wait',
        seconds: plainText(flag('--timeout') ?? ''),
        ...app,
      }),
    ),
  };
}

function aws({ args }: ShellCall): Outcome {
  if (args[0] === 'ecr' && args[1] === 'get-login-password')
    return { prints: variableValue('ECR', 'ecr password', false) };
  throw new Unclear('`aws`');
}

/** Programs that are fetched for the delivery alone have no use after it. */
function fetched({ args, program }: ShellCall): Outcome {
  const text = args.join(' ');
  if (/argocd|kustomize|\byq\b/.test(text) && !/\b(?:api|webhook|refresh)\b/.test(text)) return {};
  throw new Unclear(`\`${program}\``);
}

/** The programs of a delivery that have no file of their own. */
export const plainPrograms: Readonly<Record<string, (call: ShellCall) => Outcome>> = {
  echo: recogniseEcho,
  printf: ({ args }) => ({ prints: unknownValue(`it is made by printf ${plainText(args[0] ?? '') ?? ''}`) }),
  cat: ({ input, into, args }) => {
    if (input === undefined || args.length > 0 || into !== undefined) throw new Unclear('`cat`');
    return { prints: input };
  },
  printenv: ({ args, variable }) => ({ prints: variable(plainText(args[0] ?? '') ?? '') }),
  cd: (call) => ({ dir: pathInside(call, call.args[0] ?? '/github/workspace') }),
  pushd: (call) => ({ dir: pathInside(call, call.args[0] ?? '') }),
  export: ({ args }) => ({
    sets: args.flatMap((one): (readonly [string, RunText])[] => {
      const [, name, value = ''] = /^(\w+)=([\s\S]*)$/.exec(one) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  }),
  '[': test,
  test,
  cut,
  head: ({ args, ...call }) => cut({ ...call, args: args.map((one) => (one.startsWith('-c') ? one : `-c${one}`)) }),
  tr: ({ args, input }) => ({
    prints: args.join(' ') === '-d \\n' ? (input ?? '') : unknownValue('it went through `tr`'),
  }),
  date: () => ({ prints: unknownValue('it is the time of the run, and {commitTime} is that of the commit') }),
  argocd,
  aws,
  curl: fetched,
  wget: fetched,
  chmod: fetched,
  mv: fetched,
  install: fetched,
  rm: fetched,
  ...Object.fromEntries(
    ['set', 'true', ':', 'sleep', 'exit', 'break', 'pwd', 'ls', 'continue'].map((name) => [name, nothing]),
  ),
};
