import type { BuildFact, Fact } from '../facts.ts';
import { type Outcome, optionsOf, pathInside, type ShellCall } from '../shell/run.ts';
import { Unclear } from '../shell/tree.ts';
import { plainText, type RunText } from '../value.ts';

const buildFlags = ['--push', '--pull', '--no-cache', '--quiet', '-q', '--rm', '--load'];
const dropped = ['--pull', '--no-cache', '--cache-from', '--cache-to'];
const buildValues = [
  ...['-t', '--tag', '-f', '--file', '--build-arg', '--target', '--platform', '--progress', '--builder'],
  ...['--cache-from', '--cache-to', '--provenance', '--sbom'],
];

/** `docker build`, `push`, `tag`, `login`, and their `buildx` and `image` spellings. */
export function recogniseDocker(call: ShellCall): Outcome {
  const [first = '', second = ''] = call.args;
  const rest = (from: number): ShellCall => ({ ...call, args: call.args.slice(from) });
  if (first === 'buildx' || first === 'image') {
    if (second === 'build') return build(rest(2), first === 'buildx');
    if (first === 'image' && ['push', 'tag'].includes(second)) return recogniseDocker(rest(1));
    if (first === 'buildx' && ['create', 'use', 'inspect', 'version', 'ls'].includes(second)) {
      return { facts: [{ is: 'stays', why: "Tagboat's builds use the builder that it makes" }] };
    }
  }
  if (first === 'build') return build(rest(1), false);
  if (first === 'push') return push(rest(1));
  if (first === 'tag' && call.args.length === 3) {
    return { facts: [{ is: 'alias', from: second, to: call.args[2] ?? '' }] };
  }
  if (first === 'login') return login(rest(1));
  if (first === 'pull')
    return { facts: [{ is: 'note', text: 'an image pulled before the build, which Tagboat has no use for' }] };
  if (['logout', 'images', 'version', 'info', 'ps'].includes(first)) return {};
  throw new Unclear(`\`docker ${plainText(first) ?? ''}\``);
}

function build(call: ShellCall, buildx: boolean): Outcome {
  const { given, rest } = optionsOf(call.args, { flags: buildFlags, values: buildValues });
  const of = (...names: string[]): RunText[] => given.flatMap(([name, value]) => (names.includes(name) ? [value] : []));
  const [where = '', more] = rest;
  const text = plainText(where);
  if (more !== undefined || text === undefined || text === '-' || /:\/\/|^git@/.test(text))
    throw new Unclear('the build context');
  if (of('--load').length > 0) throw new Unclear('an image that is kept on the machine (--load)');
  for (const attestation of of('--provenance', '--sbom'))
    if (attestation !== 'false') throw new Unclear('an attestation');
  const context = pathInside(call, where);
  const file = of('-f', '--file').at(-1);
  const refs = of('-t', '--tag');
  const image: BuildFact = {
    is: 'build',
    refs,
    dockerfile:
      file === undefined ? [context, 'Dockerfile'].filter((part) => part !== '').join('/') : pathInside(call, file),
    context,
    target: of('--target')
      .map((value) => knownText(value, 'the target'))
      .at(-1),
    args: of('--build-arg').map((value) => argument(value, call.variable)),
    platforms: of('--platform').flatMap((value) => knownText(value, 'the platform').split(',')),
  };
  const notes = dropped
    .filter((name) => of(name).length > 0)
    .map((name): Fact => ({ is: 'note', text: `\`${name}\`: Tagboat keeps a cache of its own beside the image` }));
  const pushes = buildx && of('--push').length > 0 ? refs.map((ref): Fact => ({ is: 'push', ref })) : [];
  return { facts: [image, ...pushes, ...notes] };
}

/** `NAME=value`, or `NAME` for what the environment has. */
export function argument(text: RunText, variable: (name: string) => RunText): readonly [string, RunText] {
  const [, name, value] = /^([\w.-]+)(?:=([\s\S]*))?$/.exec(text) ?? [];
  if (name === undefined) throw new Unclear('a build argument');
  return [name, value ?? variable(name)];
}

export function knownText(value: RunText, what: string): string {
  const text = plainText(value);
  if (text === undefined) throw new Unclear(`${what}, which only a run knows`);
  return text;
}

function push({ args }: ShellCall): Outcome {
  const { rest } = optionsOf(args, { flags: ['--quiet', '-q'], values: [] });
  const [ref] = rest;
  if (ref === undefined || rest.length > 1) throw new Unclear('what is pushed');
  return { facts: [{ is: 'push', ref }] };
}

function login(call: ShellCall): Outcome {
  const { given, rest } = optionsOf(call.args, {
    flags: ['--password-stdin'],
    values: ['-u', '--username', '-p', '--password'],
  });
  const password = given.find(([name]) => name === '-p' || name === '--password')?.[1] ?? call.input ?? '';
  return { facts: [loginOf(rest[0] ?? 'docker.io', password.trim())] };
}

/** A login to a registry: Tagboat makes those to ECR and, with the job's own token, to ghcr.io itself. */
export function loginOf(server: RunText, password: RunText): Fact {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const byJob = host === 'ghcr.io' && password.includes('\tgithub.token\t');
  const own = byJob || /\.dkr\.ecr\.[\w.-]+$/.test(host) || password.includes('\tecr password\t');
  return own ? { is: 'login', host } : { is: 'stays', why: "Tagboat takes Docker's own login to this registry" };
}
