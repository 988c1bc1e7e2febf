import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Rendered } from '../../plan/outcome.ts';
import { WireFailure } from '../../wire/failure.ts';
import { leavesRoot } from '../../wire/text/kustomization.ts';
import type { World } from '../../wire/world.ts';
import type { Rewriting } from '../edit/rewrite.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import { holdsFile } from '../repo/layout.ts';
import { type ManifestSource, madeBy, sourcesByLayout } from './layout.ts';
import { compareManifests, createMask, type Manifests, renderedObjects } from './objects.ts';
import { type Bench, helm, kustomize, programName } from './programs.ts';
import { NotRendered, openRepoTree, type RepoTree } from './tree.ts';

/** What makes the manifests: what Argo CD's applications say, or undefined to go by where the files lie. */
export interface Rendering {
  readonly sources:
    | readonly (Omit<ManifestSource, 'by'> & { readonly by?: ManifestSource['by'] | undefined })[]
    | undefined;
  /** The name of a chart's release where the layout tells it. */
  readonly release: string | undefined;
}

/** Sources of one delivery that are rendered. */
const mostSources = 20;

/**
 * What files and their new texts come to in the manifests of a config repo's commit. Files are read as far as they are
 * needed, into a folder that is removed whatever becomes of it; programs run there, see nothing of this machine's, and reach
 * nobody. What can't be rendered is told in place of it. Throws the signal's reason, and what reading the branch throws.
 */
export async function renderManifests(
  world: Pick<World, 'exec' | 'env' | 'signal'>,
  repo: ConfigRepo,
  tip: string,
  { files }: Pick<Rewriting, 'files'>,
  { sources, release }: Rendering,
): Promise<Rendered[]> {
  const tree = openRepoTree(repo, tip);
  // Of our own files nothing is made.
  const changed = new Map(files.flatMap(({ file, bytes }) => (file === holdsFile ? [] : [[file, bytes]])));
  const found = sources ?? (await sourcesByLayout(tree, [...changed.keys()], release));
  const rendered: Rendered[] = [];
  for (const source of found.slice(0, mostSources)) {
    const by = source.by ?? (leavesRoot(source.folder) ? 'plain' : await madeBy(tree, source.folder));
    rendered.push(await renderSource(world, tree, { ...source, by }, changed));
  }
  const [first] = found.slice(mostSources);
  if (first !== undefined) {
    const failed = `${found.length - mostSources} more applications are made of these files, and ${mostSources} at most are rendered.`;
    rendered.push({
      application: first.application,
      by: '',
      folder: first.folder,
      objects: [],
      diff: '',
      notes: [],
      failed,
    });
  }
  return rendered;
}

/** By file; undefined where it goes. */
type Changed = ReadonlyMap<string, Uint8Array | undefined>;

async function renderSource(
  world: Pick<World, 'exec' | 'env' | 'signal'>,
  tree: RepoTree,
  source: ManifestSource,
  changed: Changed,
): Promise<Rendered> {
  const { application, folder, by } = source;
  const at = { application, folder };
  let dir: string | undefined;
  try {
    const outside = [folder, ...(source.valueFiles ?? [])].find(leavesRoot);
    if (outside !== undefined) throw new NotRendered(`${outside} isn't in the config repo`);
    dir = await mkdtemp(join(tmpdir(), 'tagboat-render-'));
    const bench = { world, dir };
    const name = await programName(bench, by);
    const mask = createMask();
    const read = (text: string): Manifests => renderedObjects(text, mask);
    const { before, again, after, left } = await (by === 'plain'
      ? plainStates(tree, source, changed)
      : states(bench, tree, source, changed));
    const [old, now] = [read(before), read(after)];
    const unsteady = again === before ? [] : unlike(old, read(again));
    const notes = [
      ...source.notes,
      ...(left.length === 0
        ? []
        : [`Left out: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}.`]),
      ...(unsteady.length === 0
        ? []
        : [`Left out: ${unsteady.length} of the objects, which differ each time they are rendered.`]),
    ];
    if (by === 'plain' && old.size + now.size === 0)
      throw new NotRendered(
        'nothing tells what makes manifests of it: no chart, no kustomization, no object of Kubernetes',
      );
    return { ...at, by: name, ...compareManifests(old, now, new Set(unsteady)), notes };
  } catch (error) {
    world.signal.throwIfAborted();
    const failed = whyNot(error);
    return { ...at, by, objects: [], diff: '', failed: `${failed}.`, notes: source.notes };
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The plan stands without it, so that nothing which only rendering needs ends it. Throws what is a fault of ours. */
function whyNot(error: unknown): string {
  if (error instanceof NotRendered) return error.message.replace(/\.$/, '');
  if (error instanceof WireFailure) return `the config repo's files can't be read: ${error.message}`;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && code.startsWith('E')) return `the files can't be put aside (${code})`;
  throw error;
}

interface States {
  readonly before: string;
  /** The same once more: what differs in itself is no change. */
  readonly again: string;
  readonly after: string;
  /** What isn't there for the programs. */
  readonly left: readonly string[];
}

async function states(bench: Bench, tree: RepoTree, source: ManifestSource, changed: Changed): Promise<States> {
  const { folder, by, valueFiles = [] } = source;
  const repo = join(bench.dir, 'repo');
  const { left, secret } = await tree.copy([folder, ...valueFiles], repo, by === 'kustomize');
  const isThere = (file: string) => existsSync(join(repo, file));
  const make = async (): Promise<string> => {
    // Before a values file of ours is written, and after it is removed, nothing is made of it.
    const own = valueFiles.filter((file) => changed.has(file));
    if (source.mayMiss !== true && !own.every(isThere)) return '';
    if (by !== 'helm') return kustomize(bench, source, secret);
    return helm(bench, source.mayMiss === true ? { ...source, valueFiles: valueFiles.filter(isThere) } : source);
  };
  const before = await make();
  // Templates may have random parts, and kustomize has none.
  const again = by === 'helm' ? await make() : before;
  for (const [file, bytes] of changed) {
    const path = join(repo, file);
    await mkdir(dirname(path), { recursive: true });
    await (bytes === undefined ? rm(path, { force: true }) : writeFile(path, bytes));
  }
  return { before, again, after: await make(), left };
}

async function plainStates(tree: RepoTree, source: ManifestSource, changed: Changed): Promise<States> {
  const below = source.folder === '' ? '' : `${source.folder}/`;
  const own = (source.files ?? [...changed.keys()]).filter((file) => file.startsWith(below) && changed.has(file));
  const joined = (some: readonly (Uint8Array | undefined)[]): string =>
    some.map((text) => (text === undefined ? '' : Buffer.from(text).toString('utf8'))).join('\n---\n');
  const texts: (Uint8Array | undefined)[] = [];
  for (const file of own) texts.push(await tree.read(file));
  const before = joined(texts);
  return { before, again: before, after: joined(own.map((file) => changed.get(file))), left: [] };
}

function unlike(a: Manifests, b: Manifests): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key)?.text !== b.get(key)?.text);
}
