import { type BuildFact, type Fact, Unclear } from '../facts.ts';
import { type Outcome, optionsOf, pathInside, type ShellCall } from '../shell/call.ts';
import { plainText, type RunText } from '../value.ts';

const flags = ['--push', '--pull', '--no-cache', '--quiet', '-q', '--rm', '--load'];
const values = [
  ...['-t', '--tag', '-f', '--file', '--build-arg', '--target', '--platform', '--progress', '--builder'],
  ...['--cache-from', '--cache-to', '--provenance', '--sbom'],
];

/** `docker build`, `push`, `tag`, `login`, and their `buildx` and `image` spellings. */
export function recogniseDocker(call: ShellCall): Outcome {
  const [first = '', second = '', third = ''] = call.args;
  const rest = (from: number): ShellCall => ({ ...call, args: call.args.slice(from) });
  if (first === 'buildx' || first === 'image' || first === 'builder') {
    if (second === 'build') return build(rest(2));
    if (first === 'image' && ['push', 'tag'].includes(second)) return recogniseDocker(rest(1));
    if (first === 'buildx' && ['create', 'use', 'inspect', 'version', 'ls'].includes(second)) {
      return { facts: [{ is: 'stays', why: "Tagboat's builds use the builder that it makes" }] };
    }
  }
  if (first === 'build') return build(rest(1));
  if (first === 'push') return push(rest(1));
  if (first === 'tag' && call.args.length === 3) return { facts: [{ is: 'alias', from: second, to: third }] };
  if (first === 'login') return login(rest(1));
  if (first === 'pull')
    return { facts: [{ is: 'note', text: 'an image pulled before the build, which Tagboat has no use for' }] };
  if (['logout', 'images', 'version', 'info', 'ps'].includes(first)) return {};
  throw new Unclear(`\`docker ${plainText(first) ?? ''}\``);
}

/** What a build is described by, on a command line as in an action's inputs. */
interface BuildWords {
  readonly context: RunText;
  readonly file: RunText | undefined;
  readonly refs: readonly RunText[];
  readonly target: RunText | undefined;
  readonly args: readonly RunText[];
  readonly platforms: readonly RunText[];
  readonly attestations: readonly RunText[];
}

/** The build that words describe, its paths seen from the workspace. Throws Unclear. */
export function buildOf(words: BuildWords, { variable, dir }: Pick<ShellCall, 'variable' | 'dir'>): BuildFact {
  const where = plainText(words.context);
  if (where === undefined || where === '-' || /:\/\/|^git@/.test(where)) throw new Unclear('the build context');
  if (words.attestations.some((one) => one !== 'false')) throw new Unclear('an attestation');
  const context = pathInside({ dir }, where);
  const { file, target } = words;
  // Docker takes it where nothing else is said.
  const platform = plainText(variable('DOCKER_DEFAULT_PLATFORM'));
  const platforms = words.platforms.map((one) => knownText(one, 'the platform'));
  return {
    ...{ is: 'build', refs: words.refs, context },
    dockerfile: file === undefined ? `${context}/Dockerfile`.replace(/^\//, '') : pathInside({ dir }, file),
    target: target === undefined ? undefined : knownText(target, 'the target'),
    args: words.args.map((text) => {
      const [, name, value] = /^([\w.-]+)(?:=([\s\S]*))?$/.exec(text) ?? [];
      if (name === undefined) throw new Unclear('a build argument');
      return [name, value ?? variable(name)] as const;
    }),
    platforms: platforms.length > 0 || platform === undefined || platform === '' ? platforms : [platform],
  };
}

function build(call: ShellCall): Outcome {
  const { of, rest } = optionsOf(call.args, flags, values);
  const [context = '', more] = rest;
  if (more !== undefined) throw new Unclear('the build context');
  if (of('--load').length > 0) throw new Unclear('an image that is kept on the machine (--load)');
  const words: BuildWords = {
    ...{ context, file: of('-f', '--file').at(-1), refs: of('-t', '--tag'), target: of('--target').at(-1) },
    ...{ args: of('--build-arg'), attestations: of('--provenance', '--sbom') },
    platforms: of('--platform').flatMap((value) => value.split(',')),
  };
  const image = buildOf(words, call);
  const notes = ['--pull', '--no-cache', '--cache-from', '--cache-to']
    .filter((name) => of(name).length > 0)
    .map((name): Fact => ({ is: 'note', text: `\`${name}\`: Tagboat keeps a cache of its own beside the image` }));
  const pushes = of('--push').length > 0 ? image.refs.map((ref): Fact => ({ is: 'push', ref })) : [];
  return { facts: [image, ...pushes, ...notes] };
}

/** A value that is known before the run. Throws Unclear. */
export function knownText(value: RunText, what: string): string {
  const text = plainText(value);
  if (text === undefined) throw new Unclear(`${what}, which only a run knows`);
  return text;
}

function push({ args }: ShellCall): Outcome {
  const { rest } = optionsOf(args, ['--quiet', '-q'], []);
  const [ref] = rest;
  if (ref === undefined || rest.length > 1) throw new Unclear('what is pushed');
  return { facts: [{ is: 'push', ref }] };
}

function login(call: ShellCall): Outcome {
  const { of, rest } = optionsOf(call.args, ['--password-stdin'], ['-u', '--username', '-p', '--password']);
  const password = of('-p', '--password')[0] ?? call.input ?? '';
  return { facts: [loginOf(rest[0] ?? 'docker.io', password.trim())] };
}

/** A login to a registry: Tagboat makes those to ECR and, with the job's own token, to ghcr.io itself. */
export function loginOf(server: RunText, password: RunText): Fact {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const byJob = host === 'ghcr.io' && password.includes('\tgithub.token\t');
  const own = byJob || /\.dkr\.ecr\.[\w.-]+$/.test(host) || password.includes('\tecr password\t');
  return own ? { is: 'login', host } : { is: 'stays', host, why: "Tagboat takes Docker's own login to this registry" };
}
