import { posix } from 'node:path';
import { askConfigRepo } from '../../commit/repo/ask.ts';
import type { ConfigRepo } from '../../commit/repo/config-repo.ts';
import { createBases } from '../../deploy/observe/kustomize.ts';
import { covers, type Followed, folderOf, follows, valueFilesOf } from '../../deploy/observe/sources.ts';
import type { Finding } from '../../plan/finding.ts';
import { parsePath } from '../../plan/path.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { Application } from '../../wire/argocd/types.ts';
import { literally } from '../../wire/text/pattern.ts';
import type { World } from '../../wire/world.ts';
import { type DeclaredApplication, declaredApplications, manifestsIn, revisionOf } from '../init/applications.ts';
import { found } from './tell.ts';

/** Files of a folder at the tip: its names, and texts by path. */
interface Looking {
  readonly names: (folder: string) => Promise<readonly string[]>;
  readonly texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

const mostFiles = 200;
// Where people keep the manifests of Argo CD's own resources, besides the root.
const applicationFolders = ['', 'argocd', 'argo-cd', 'apps', 'applications', 'bootstrap'];

/** Whether what a delivery sets is used by the chart, the kustomization and the applications beside it. */
export async function checkConfigRepo(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
): Promise<Finding[]> {
  return askConfigRepo(world, delivery, credential, async (repo) => {
    const looking = await lookAt(repo);
    const files = [...new Set(delivery.edits.map(({ file }) => file))];
    const inside = await Promise.all(
      files.map(async (file) => {
        const paths = delivery.edits.filter((edit) => edit.file === file).map(({ path }) => path);
        const isKustomization = /^kustomization\.ya?ml$/i.test(posix.basename(file));
        return isKustomization ? checkKustomization(looking, file, paths) : checkChart(looking, file, paths);
      }),
    );
    return [...inside.flat(), ...(await checkApplicationFiles(looking, delivery, files))];
  });
}

/** Applications that no file of the delivery is a part of, as far as their sources tell: it would wait for nothing. */
export async function checkRendered(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  applications: readonly Application[],
): Promise<Finding[]> {
  const files = [...new Set(delivery.edits.map(({ file }) => file))];
  // What another application makes may be made of anything.
  const own = applications.filter(({ owner }) => owner === undefined);
  return askConfigRepo(world, delivery, credential, async (repo) => {
    const bases = createBases(delivery, (await lookAt(repo)).texts);
    const all = own.map(async (one): Promise<Finding[]> => {
      if (covers(one, delivery, files) || covers(one, delivery, files, await bases(one))) return [];
      const folders = one.sources.map(({ path }) => path || 'the root').join(', ');
      const message = `The application ${one.name} is made of ${folders}, and ${delivery.name} sets ${files.join(', ')}.`;
      const fix = "Correct the application's path, or the files that the delivery sets.";
      return [found('APPLICATION_FOLDER_OTHER', 'warning', message, fix)];
    });
    return (await Promise.all(all)).flat();
  });
}

async function lookAt(repo: ConfigRepo): Promise<Looking> {
  const tip = await repo.readTip();
  return {
    names: async (folder) => {
      // What isn't there is answered with what is.
      const probe = posix.join(folder, '.tagboat-doctor');
      const end = (await repo.readPaths(tip, [probe])).files.get(probe);
      return end?.is === 'missing' && end.folder === (folder === '.' ? '' : folder) ? end.names : [];
    },
    texts: async (paths) => {
      const { files } = await repo.readPaths(tip, paths.slice(0, mostFiles));
      return new Map(
        [...files].flatMap(([path, end]) =>
          end.is === 'file' ? [[path, Buffer.from(end.blob.content).toString('utf8')] as const] : [],
        ),
      );
    },
  };
}

/** A value that no template of the chart reads changes nothing, however often it is set. */
async function checkChart(looking: Looking, file: string, paths: readonly string[]): Promise<Finding[]> {
  const dir = posix.dirname(file);
  const names = await looking.names(dir);
  if (!names.includes('Chart.yaml') || !names.includes('templates')) return [];
  const folder = posix.join(dir, 'templates');
  const chart = posix.join(dir, 'Chart.yaml');
  const templates = (await looking.names(folder)).map((name) => posix.join(folder, name));
  const texts = await looking.texts([chart, ...templates.filter((path) => /\.(?:ya?ml|tpl|json|txt)$/.test(path))]);
  // Folders below aren't read: what stands there may use anything.
  if (templates.some((path) => !/\.[a-z]+$/i.test(path)) || templates.length >= mostFiles) return [];
  const parts = /^dependencies:/m.test(texts.get(chart) ?? '');
  const all = [...texts]
    .filter(([path]) => path !== chart)
    .map(([, text]) => text)
    .join('\n');
  return paths.flatMap((path): Finding[] => {
    const keys = parsePath(path).steps.map((step) => (step.is === 'key' ? step.key : undefined));
    const known = keys.slice(0, keys.includes(undefined) ? keys.indexOf(undefined) : keys.length) as string[];
    // A dependency's values stand below its name, and `global` goes to all of them.
    if (known.length === 0 || parts || isUsed(all, known)) return [];
    const message = `No template of the chart in ${dir === '.' ? 'the root' : dir} uses .Values.${known.join('.')}, which is set by ${path} in ${file}: setting it changes nothing.`;
    return [
      found('CHART_VALUE_UNUSED', 'warning', message, 'Set the value that the templates read, or use this one there.'),
    ];
  });
}

/** By its whole path, or by a map above it that is handed on whole. */
function isUsed(text: string, keys: readonly string[]): boolean {
  const escaped = keys.map(literally);
  return [...keys.keys(), keys.length].some((depth) => {
    const path = ['\\.Values', ...escaped.slice(0, depth)].join('\\.');
    return new RegExp(`${path}(?![\\w-])${depth === keys.length ? '' : '(?!\\.\\w)'}`).test(text);
  });
}

/** `images:` changes the images of that name in the resources, and tells nobody when there is none. */
async function checkKustomization(looking: Looking, file: string, paths: readonly string[]): Promise<Finding[]> {
  const names = paths.flatMap((path) => {
    const [images, item] = parsePath(path).steps;
    const isImages = images?.is === 'key' && images.key === 'images' && item?.is === 'where';
    return isImages ? item.conditions.filter(({ keys }) => keys.join('.') === 'name').map(({ value }) => value) : [];
  });
  if (names.length === 0) return [];
  const dir = posix.dirname(file);
  const text = (await looking.texts([file])).get(file) ?? '';
  const [own] = manifestsIn(text);
  const listed = ['resources', 'patches', 'patchesStrategicMerge', 'components', 'bases', 'helmCharts', 'generators'];
  const entries = listed.flatMap((key) => (Array.isArray(own?.[key]) ? (own[key] as unknown[]) : []));
  const resources = entries.flatMap((one) =>
    typeof one === 'string' && /\.ya?ml$/.test(one) && !one.includes('://') ? [posix.join(dir, one)] : [],
  );
  // A base or a generator may bring any image.
  if (resources.length !== entries.length || resources.length === 0) return [];
  const texts = [...(await looking.texts(resources)).values()].join('\n');
  return [...new Set(names)].flatMap((name): Finding[] => {
    if (new RegExp(`image:\\s*["']?${literally(name)}(?:[:@"'\\s]|$)`, 'm').test(texts)) return [];
    const message = `No resource of ${file} has an image named ${name}: what is set for it changes nothing.`;
    const fix = 'Name it as the resources name their image, without its tag.';
    return [found('KUSTOMIZE_IMAGE_UNUSED', 'warning', message, fix)];
  });
}

/** Applications whose manifests lie in the config repo too: what they follow, read and look at for changes. */
async function checkApplicationFiles(
  looking: Looking,
  { repo, branch }: DeliveryPlan,
  files: readonly string[],
): Promise<Finding[]> {
  const listed = await Promise.all(
    applicationFolders.map(async (folder) =>
      (await looking.names(folder === '' ? '.' : folder)).map((name) => posix.join(folder, name)),
    ),
  );
  const texts = await looking.texts(listed.flat().filter((path) => /\.ya?ml$/.test(path)));
  const declared = declaredApplications(Object.fromEntries(texts));
  const all = files.map(async (file) => [
    ...declared.flatMap((one) => followFindings(file, { repo, branch }, one)),
    ...(await valuesFindings(looking, file, repo, declared)),
  ]);
  return (await Promise.all(all)).flat();
}

/** The config repo as each source follows it, on whatever branch. */
function followedBy({ sources }: DeclaredApplication, repo: string): Followed[] {
  const all = sources.map((source) => ({ source, followed: { repo, branch: revisionOf(source) ?? '' } }));
  return all.flatMap(({ source, followed }) => (follows(source, followed) ? [followed] : []));
}

function followFindings(file: string, { repo, branch }: Followed, application: DeclaredApplication): Finding[] {
  const { name, file: path, sources, generatePaths } = application;
  const own = followedBy(application, repo).find((one) => covers({ sources, generatePaths: [] }, one, [file]));
  if (own === undefined) return [];
  const all: Finding[] = [];
  if (own.branch !== '' && own.branch !== branch) {
    const message = `The application ${name} (${path}) follows ${own.branch}, and ${file} is set on ${branch}.`;
    const fix = "Correct its targetRevision, or the delivery's branch.";
    all.push(found('APPLICATION_BRANCH_OTHER', 'warning', message, fix));
  }
  const isLooked = generatePaths.some((folder) => folder === '' || `${file}/`.startsWith(`${folder}/`));
  if (generatePaths.length > 0 && !isLooked) {
    const message = `manifest-generate-paths of ${name} (${path}) leaves out ${file}: Argo CD keeps the manifests it has when that changes.`;
    all.push(found('GENERATE_PATHS_LEAVE_OUT', 'error', message, 'Name the folder of the file there as well.'));
  }
  return all;
}

/** A values file of a chart that none of the chart's applications names is read by nobody. */
async function valuesFindings(
  looking: Looking,
  file: string,
  repo: string,
  applications: readonly DeclaredApplication[],
): Promise<Finding[]> {
  const [dir, base] = [posix.dirname(file), posix.basename(file)];
  const own = applications.flatMap((one) => followedBy(one, repo).map((followed) => ({ ...one, followed })));
  const deploying = own.filter(({ sources, followed }) =>
    sources.some((one) => follows(one, followed) && folderOf(one.path) === folderOf(dir)),
  );
  const isNamed = own.some((one) => valueFilesOf(one, one.followed).includes(file));
  const isRead = base === 'values.yaml' || !/\.ya?ml$/.test(base) || isNamed;
  if (isRead || deploying.length === 0 || !(await looking.names(dir)).includes('Chart.yaml')) return [];
  const message = `No application of the chart in ${dir} has ${file} among its valueFiles: setting it changes nothing.`;
  return [
    found('VALUES_FILE_UNUSED', 'warning', message, 'Name it in spec.source.helm.valueFiles, or set the one that is.'),
  ];
}
