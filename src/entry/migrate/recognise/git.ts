import { pathFrom } from '../facts.ts';
import { firstDigits } from '../shell/expand.ts';
import { type Outcome, optionsOf, pathInside, type ShellCall } from '../shell/run.ts';
import { Unclear } from '../shell/tree.ts';
import { branchValue, commitValue, plainText, type RunText, unknownValue } from '../value.ts';

/** What git is asked for and told to do in a delivery. */
export function recogniseGit(given: ShellCall): Outcome {
  let call = given;
  while (call.args[0] === '-C' || call.args[0] === '-c') {
    const dir = call.args[0] === '-C' ? pathInside(call, call.args[1] ?? '') : call.dir;
    call = { ...call, dir, args: call.args.slice(2) };
  }
  const [verb = '', ...args] = call.args;
  const inner = { ...call, args };
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) throw new Unclear(`\`git ${plainText(verb) ?? ''}\``);
  return known(inner);
}

const nothing = (): Outcome => ({});
const asking = (): Outcome => ({ asks: true });

const verbs: Readonly<Record<string, (call: ShellCall) => Outcome>> = {
  config: ({ args }) => {
    const [key = '', value] = args.filter((one) => !one.startsWith('-'));
    const what = /^user\.(name|email)$/.exec(key)?.[1];
    return what === undefined || value === undefined ? {} : { facts: [{ is: 'person', what, value }] };
  },
  add: nothing,
  fetch: nothing,
  pull: nothing,
  rebase: nothing,
  log: ({ args }) => ({
    prints:
      args.includes('--format=%H') || args.includes('--pretty=format:%H')
        ? commitValue
        : unknownValue('it is a line of the log'),
  }),
  diff: asking,
  'diff-index': asking,
  status: () => ({ asks: true, prints: unknownValue('it is what changed') }),
  'rev-parse': revParse,
  branch: ({ args }) => {
    if (args[0] === '--show-current') return { prints: branchValue };
    throw new Unclear('`git branch`');
  },
  clone,
  commit,
  push,
  remote: ({ args }) => {
    if (args[0] === 'set-url')
      return { facts: [{ is: 'note', text: 'the token in the URL of the remote: Tagboat takes its own' }] };
    if (args[0] === '-v') return {};
    throw new Unclear('`git remote`');
  },
  checkout: ({ args }) => {
    if (args.some((one) => one.startsWith('-'))) throw new Unclear('a new branch');
    throw new Unclear('`git checkout`');
  },
};

function revParse({ args, dir, wholeCommits }: ShellCall): Outcome {
  if (args.at(-1) !== 'HEAD') throw new Unclear('`git rev-parse`');
  if (args.includes('--abbrev-ref')) return { prints: branchValue };
  const short = args.find((one) => one.startsWith('--short'));
  if (short === undefined) return { prints: commitValue };
  if (dir !== '') return { prints: unknownValue('it is of another repository') };
  const digits = Number(/=(\d+)$/.exec(short)?.[1] ?? 7);
  return { prints: firstDigits(commitValue, digits, wholeCommits) };
}

function clone(call: ShellCall): Outcome {
  const { given, rest } = optionsOf(call.args, {
    flags: ['--quiet', '-q', '--single-branch', '--no-tags'],
    values: ['--depth', '-b', '--branch', '--filter'],
  });
  const [url = '', into] = rest;
  const [, login = '', address = ''] = /^https:\/\/(?:((?:\uE000[^\uE001]*\uE001|[^@/])+)@)?([\s\S]+)$/.exec(url) ?? [];
  if (address === '') throw new Unclear('where it is cloned from');
  const repo = address.replace(/^github\.com\//, '').replace(/\.git$/, '');
  const name = plainText(into ?? repo.split('/').at(-1) ?? '');
  const dir = name === undefined ? undefined : pathFrom(call.dir, name);
  if (dir === undefined) throw new Unclear('where it is cloned to');
  const token = login === '' ? undefined : login.replace(/^[^:\uE000]*:/, '');
  const ref = given.find(([option]) => option === '-b' || option === '--branch')?.[1];
  const isGitHub = address.startsWith('github.com/');
  return { facts: [{ is: 'checkout', dir, repo: isGitHub ? repo : `https://${address}`, ref, token }] };
}

function commit({ args, dir }: ShellCall): Outcome {
  const joined = args.map((one) => (/^-[a-z]*m$/.test(one) && one !== '-m' ? '-m' : one));
  const { given } = optionsOf(joined, {
    flags: ['-a', '--all', '-q', '--quiet', '--no-verify', '-n', '-s', '--signoff', '--allow-empty'],
    values: ['-m', '--message', '--author'],
  });
  const messages = given.flatMap(([name, value]) => (name === '-m' || name === '--message' ? [value] : []));
  return { facts: [{ is: 'commit', dir, message: messages.length === 0 ? undefined : messages.join('\n\n') }] };
}

function push({ args, dir }: ShellCall): Outcome {
  const { rest } = optionsOf(args, { flags: ['-q', '--quiet', '-u', '--set-upstream'], values: [] });
  const [remote, ref] = rest;
  if (rest.length > 2) throw new Unclear('what is pushed');
  if (remote !== undefined && remote !== 'origin' && !remote.startsWith('https://'))
    throw new Unclear('where it is pushed');
  return { facts: [{ is: 'pushed', dir, branch: branchOf(ref) }] };
}

function branchOf(ref: RunText | undefined): RunText | undefined {
  if (ref === undefined || ref === 'HEAD') return undefined;
  return ref.replace(/^HEAD:/, '').replace(/^refs\/heads\//, '');
}
