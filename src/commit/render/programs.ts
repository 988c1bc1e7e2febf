import { access, constants, mkdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beginning } from '../../wire/text/shorten.ts';
import type { Env, World } from '../../wire/world.ts';
import type { ManifestSource } from './layout.ts';
import { NotRendered } from './tree.ts';

/** A folder of our own in which programs make manifests: the config repo's files in `repo`, and a home beside. */
export interface Bench {
  readonly world: Pick<World, 'exec' | 'env' | 'signal'>;
  readonly dir: string;
}

/** What a program may take, and what of its output is taken. */
const timeoutMs = 30_000;
const mostOutput = 8 * 1024 * 1024;

/** The manifests of a chart, as `helm template` makes them. Throws NotRendered. */
export async function helm(bench: Bench, source: ManifestSource): Promise<string> {
  const { release = 'release', namespace = 'default', valueFiles = [], values, parameters = [] } = source;
  const own = join(bench.dir, 'values.yaml');
  if (values !== undefined) await writeFile(own, values);
  const inRepo = (path: string) => join(bench.dir, 'repo', path);
  // What stands bare on the command line mustn't be an option of Helm's, some of which start programs.
  if (release.length > 53 || !/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(release))
    throw new NotRendered(`${JSON.stringify(beginning(release, 100))} is no name of a release of Helm's`);
  // Helm reads several files from one option.
  const several = valueFiles.find((file) => /[,"\r\n]/.test(file));
  if (several !== undefined)
    throw new NotRendered(`helm can't be given the value file ${JSON.stringify(beginning(several, 100))} by its name`);
  const args = [
    ...['template', release, inRepo(source.folder), `--namespace=${namespace}`, '--include-crds'],
    ...valueFiles.map((file) => `--values=${inRepo(file)}`),
    ...(values === undefined ? [] : [`--values=${own}`]),
    ...parameters.map(({ name, value, text }) => `--set${text ? '-string' : ''}=${name}=${withCommas(value)}`),
  ];
  return run(bench, await programAt(bench, ['helm']), args);
}

/** As Argo CD passes a parameter's value to Helm: a comma is part of it, except in a list in braces. */
function withCommas(value: string): string {
  return value.startsWith('{') && value.endsWith('}') ? value : value.replace(/(?<!\\),/g, '\\,');
}

/** The manifests of a kustomization. `hidden`: kustomize's words may hold secrets. Throws NotRendered. */
export async function kustomize(bench: Bench, source: ManifestSource, hidden: boolean): Promise<string> {
  const program = await programAt(bench, ['kustomize', 'kubectl']);
  const way = program.name === 'kubectl' ? 'kustomize' : 'build';
  return run(bench, program, [way, join(bench.dir, 'repo', source.folder)], hidden);
}

/** What makes the manifests, for people. */
export async function programName(bench: Bench, by: ManifestSource['by']): Promise<string> {
  if (by === 'helm') return 'helm template';
  if (by === 'plain') return 'plain';
  const { name } = await programAt(bench, ['kustomize', 'kubectl']);
  return name === 'kubectl' ? 'kubectl kustomize' : 'kustomize build';
}

interface Program {
  readonly name: string;
  readonly path: string;
}

/** The first of these that is there. Throws NotRendered. */
async function programAt({ world: { env } }: Bench, names: readonly string[]): Promise<Program> {
  for (const name of names) {
    for (const folder of (env.PATH ?? env.Path ?? '').split(delimiter)) {
      for (const path of folder === '' ? [] : [join(folder, name), join(folder, `${name}.exe`)]) {
        if (await isProgram(path)) return { name, path };
      }
    }
  }
  throw new NotRendered(`${names.join(' or ')} isn't here`);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs it on files that anybody may have written: no secret is in its environment, nothing of this user in its home, no
 * program in its PATH that it could start (git, plugins), no cluster, and a proxy that isn't there on its way to any host.
 */
async function run(
  { world, dir }: Bench,
  { name, path }: Program,
  args: readonly string[],
  hidden = false,
): Promise<string> {
  const home = join(dir, 'home');
  await mkdir(home, { recursive: true });
  const gone: Env = Object.fromEntries(Object.keys(world.env).map((variable) => [variable, undefined]));
  const nowhere = 'http://127.0.0.1:9';
  const env = {
    ...gone,
    ...{
      PATH: home,
      HOME: home,
      USERPROFILE: home,
      TMPDIR: home,
      TEMP: home,
      TMP: home,
      KUBECONFIG: join(home, 'none'),
    },
    ...{ HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, ALL_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere },
    ...{ HELM_NO_PLUGINS: '1', HELM_PLUGINS: join(home, 'none'), LC_ALL: 'C' },
  };
  const keep = mostOutput;
  const done = await world.exec({ program: path, args, cwd: home, env, keep, timeoutMs, signal: world.signal });
  if (done.signal === 'timeout') throw new NotRendered(`${name} took longer than ${timeoutMs / 1_000} s`);
  if (done.truncated === true) throw new NotRendered(`${name} gave more than ${mostOutput / 1024 / 1024} MiB`);
  if (done.code !== 0) {
    if (hidden)
      throw new NotRendered(
        `${name} ended with ${done.code ?? done.signal}, and its words aren't shown where there are Secrets`,
      );
    const said = beginning(done.stderr.replaceAll(`${join(dir, 'repo')}/`, '').trim(), 1_000);
    throw new NotRendered(`${name} ended with ${done.code ?? done.signal}: ${said.replace(/\s*\n\s*/g, ' ')}`);
  }
  return done.stdout;
}
