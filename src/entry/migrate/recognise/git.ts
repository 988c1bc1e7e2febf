import { pathFrom, Unclear } from '../facts.ts';
import { type Outcome, optionsOf, pathInside, type ShellCall } from '../shell/call.ts';
import { branchValue, commitValue, firstDigits, plainText, type RunText, unknownValue } from '../value.ts';

/** What git is asked for and told to do in a delivery. */
export function recogniseGit(given: ShellCall): Outcome {
  let call = given;
  while (call.args[0] === '-C' || call.args[0] === '-c') {
    const dir = call.args[0] === '-C' ? pathInside(call, call.args[1] ?? '') : call.dir;
    call = { ...call, dir, args: call.args.slice(2) };
  }
  const [verb = '', ...args] = call.args;
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) throw new Unclear(`\`git ${plainText(verb) ?? ''}\``);
  return known({ ...call, args });
}

const nothing = (): Outcome => ({});
const asking = (): Outcome => ({ asks: true });

const verbs: Readonly<Record<string, (call: ShellCall) => Outcome>> = {
  ...{ add: nothing, fetch: nothing, pull: nothing, rebase: nothing, diff: asking, 'diff-index': asking },
  ...{ clone, commit, push, log },
  status: () => ({ asks: true, prints: unknownValue('it is what changed') }),
  config: ({ args }) => {
    const [key = '', value] = args.filter((one) => !one.startsWith('-'));
    const what = /^user\.(name|email)$/.exec(key)?.[1];
    return what === undefined || value === undefined ? {} : { facts: [{ is: 'person', what, value }] };
  },
  'rev-parse': ({ args, ...call }) => {
    if (args.at(-1) !== 'HEAD') throw new Unclear('`git rev-parse`');
    const short = args.find((one) => one.startsWith('--short'));
    const branch = args.includes('--abbrev-ref');
    return {
      prints: ofHead(call, branch ? 'branch' : short === undefined ? 40 : Number(/=(\d+)$/.exec(short)?.[1] ?? 7)),
    };
  },
  branch: ({ args, ...call }) => {
    if (args[0] === '--show-current') return { prints: ofHead(call, 'branch') };
    throw new Unclear('`git branch`');
  },
  remote: ({ args }) => {
    if (args[0] === 'set-url')
      return { facts: [{ is: 'note', text: 'the token in the URL of the remote: Tagboat takes its own' }] };
    if (args[0] === '-v') return {};
    throw new Unclear('`git remote`');
  },
};

/** The app repo's commit or branch; in another folder it may be another repository's. */
function ofHead({ dir, wholeCommits }: Pick<ShellCall, 'dir' | 'wholeCommits'>, what: 'branch' | number): RunText {
  if (dir !== '') return unknownValue('it may be of another repository');
  return what === 'branch' ? branchValue : firstDigits(commitValue, what, wholeCommits);
}

/** Of HEAD alone: the last commit of a folder, say, is another one. */
function log({ args, ...call }: ShellCall): Outcome {
  const format = args.map((one) => /^--(?:pretty|format)=(?:format:)?"?(%[Hh])"?$/.exec(one)?.[1]).find((one) => one);
  const others = args.filter((one) => !/^(?:-1|-n1|-n|1|--max-count=1|HEAD|--(?:pretty|format)=.*)$/.test(one));
  if (format === undefined || others.length > 0) return { prints: unknownValue('it is a line of the log') };
  return { prints: ofHead(call, format === '%h' ? 7 : 40) };
}

function clone(call: ShellCall): Outcome {
  const { of, rest } = optionsOf(
    call.args,
    ['--quiet', '-q', '--single-branch', '--no-tags'],
    ['--depth', '-b', '--branch', '--filter'],
  );
  const [url = '', into] = rest;
  const [, login = '', address = ''] = /^https:\/\/(?:((?:\uE000[^\uE001]*\uE001|[^@/])+)@)?([\s\S]+)$/.exec(url) ?? [];
  if (address === '') throw new Unclear('where it is cloned from');
  const repo = address.replace(/^github\.com\//, '').replace(/\.git$/, '');
  const name = plainText(into ?? repo.split('/').at(-1) ?? '');
  const dir = name === undefined ? undefined : pathFrom(call.dir, name);
  if (dir === undefined) throw new Unclear('where it is cloned to');
  const token = login === '' ? undefined : login.replace(/^[^:\uE000]*:/, '');
  const isGitHub = address.startsWith('github.com/');
  return {
    facts: [
      { is: 'checkout', dir, repo: isGitHub ? repo : `https://${address}`, ref: of('-b', '--branch').at(-1), token },
    ],
  };
}

function commit({ args, dir }: ShellCall): Outcome {
  const joined = args.flatMap((one) => (/^-[anqs]+m$/.test(one) ? [...one.slice(1)].map((flag) => `-${flag}`) : [one]));
  const { of, rest } = optionsOf(
    joined,
    ['-a', '--all', '-q', '--quiet', '--no-verify', '-n', '-s', '--signoff', '--allow-empty'],
    ['-m', '--message', '--author'],
  );
  if (rest.some((one) => one.startsWith('-') && one !== '--')) throw new Unclear('`git commit`');
  const messages = of('-m', '--message');
  return { facts: [{ is: 'commit', dir, message: messages.length === 0 ? undefined : messages.join('\n\n') }] };
}

function push({ args, dir }: ShellCall): Outcome {
  const { rest } = optionsOf(args, ['-q', '--quiet', '-u', '--set-upstream'], []);
  const [remote, ref] = rest;
  if (rest.length > 2) throw new Unclear('what is pushed');
  if (remote !== undefined && remote !== 'origin' && !remote.startsWith('https://'))
    throw new Unclear('where it is pushed');
  if (ref?.startsWith('+') === true || ref?.includes('refs/tags/') === true) throw new Unclear('what is pushed');
  const branch = ref === undefined || ref === 'HEAD' ? undefined : ref.replace(/^[^:\uE000]*:/, '');
  return { facts: [{ is: 'pushed', dir, branch: branch?.replace(/^refs\/heads\//, '') }] };
}
