import { partitionOf, readEcrHost } from '../../auth/aws/ecr-host.ts';
import { type TagboatError, usageError } from '../../errors.ts';
import { imageNameFrom } from '../migrate/image-refs.ts';
import { declaredApplications, revisionOf, sourceDeploying } from './applications.ts';
import type { Ask } from './ask.ts';
import { type AwsNeeds, isSite } from './aws/model.ts';
import type { Choices, Chosen } from './choices.ts';
import { placesOf, type RepoLayout } from './config-repo.ts';
import type { SeenImage, Texts } from './find-images.ts';
import { findPlaces, type Offer } from './find-places.ts';

/** What the command line says of the choices. */
export interface InitOptions {
  readonly registry?: string | undefined;
  readonly configRepo?: string | undefined;
  readonly configBranch?: string | undefined;
  readonly place: readonly string[];
  readonly from?: string | undefined;
  readonly application?: string | undefined;
  readonly argocd?: string | undefined;
  readonly ci?: 'github' | 'gitlab' | undefined;
  /** Where GitLab's own pages are, if that is no host by itself. */
  readonly gitlab?: string | undefined;
  readonly with: readonly ('config-repo' | 'aws')[];
  readonly layout: RepoLayout;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly role: string;
}

interface RemotePlace {
  readonly host: string;
  readonly path: string;
}

/** What the repository itself says. */
export interface SeenRepo {
  readonly images: readonly SeenImage[];
  /** The address of `origin`, taken apart: the host with the port of its pages. */
  readonly remote: RemotePlace | undefined;
  readonly branch: string | undefined;
  /** Pipelines that are there, for hints at the registry. */
  readonly pipelines: Texts;
  /** The config repo's files, where a checkout of it is at hand. */
  readonly config: Texts;
}

/** All choices made: by flags, by what is seen, or by asking. Throws USAGE for what can't be known. */
export async function choose(seen: SeenRepo, options: InitOptions, ask: Ask): Promise<Choices> {
  const images = await ask.some(
    'Which images should be built?',
    seen.images.map((image) => [`${image.name}  (${image.dockerfile})`, image] as const),
    seen.images,
  );
  const remote = options.gitlab === undefined ? seen.remote : belowGitLab(options.gitlab, seen.remote);
  const hint = hintOf(seen.pipelines);
  const account = options.account ?? hint?.account;
  const region = options.region ?? hint?.region;
  const isAws =
    options.with.includes('aws') ||
    (options.registry === undefined ? hint !== undefined : readEcrHost(hostOf(options.registry)) !== undefined);
  const ecr =
    account === undefined || region === undefined
      ? undefined
      : `${account}.dkr.ecr.${region}.${partitionOf(region).domain}`;
  if (options.with.includes('aws') && ecr === undefined) throw usage('--with aws needs --account and --region.');
  const wanted = options.registry ?? (isAws ? ecr : undefined);
  const proposal: Chosen | undefined =
    wanted !== undefined
      ? {
          value: wanted,
          why: options.registry === undefined && hint !== undefined ? `found in ${hint.file}` : undefined,
        }
      : fromRemote(remote);
  const registry = options.registry ?? (await ask.text('Where are images pushed?', proposal?.value ?? ''));
  if (registry === '') throw usage('No remote tells of a registry: say --registry HOST[/PATH].');
  const onEcr = readEcrHost(hostOf(registry));
  const from = options.from ?? (await ask.text('Which branch is delivered?', seen.branch ?? 'main'));
  const app = remote?.path ?? '';
  const base = {
    ...{ images, others: seen.images.filter((one) => !images.includes(one)), app, host: remote?.host },
    ci: options.ci ?? (options.gitlab !== undefined || /gitlab/.test(remote?.host ?? '') ? 'gitlab' : 'github'),
    registry: { value: registry, why: registry === proposal?.value ? proposal.why : undefined },
    aws: onEcr && { account: onEcr.account, region: onEcr.region, role: options.role },
    from: {
      value: from,
      why: options.from === undefined && seen.branch !== undefined ? 'the branch of origin' : undefined,
    },
  } as const;
  const guess = remote === undefined || !options.with.includes('config-repo') ? '' : `${remote.path}-config`;
  const repo =
    options.configRepo ??
    (await ask.text('Which config repo does Argo CD follow? (owner/name or URL; empty for none yet)', guess));
  if (repo === '') {
    if (options.with.includes('config-repo')) throw usage('No remote tells of a config repo: say --config-repo REPO.');
    return { ...base, delivery: undefined };
  }
  if (options.application !== undefined && options.argocd === undefined)
    throw usage('--application needs --argocd URL, which says where it is asked for.');
  const branch = options.configBranch ?? 'main';
  const places = await placesChosen(seen, options, ask, { images, app });
  const [first] = places;
  const applications = declaredApplications(seen.config);
  const follows = first && applications.find((one) => sourceDeploying(first.file, one) !== undefined);
  const source = first && follows && sourceDeploying(first.file, follows);
  const followed = source && revisionOf(source);
  const isNew = options.with.includes('config-repo');
  const application = options.application ?? (isNew ? shortName(app) : follows?.name);
  return {
    ...base,
    delivery: {
      repo: { value: onHostOf(remote, repo), why: undefined },
      branch: {
        value: followed ?? branch,
        why: followed === undefined ? undefined : `what the application ${follows?.name} follows`,
      },
      places,
      application:
        application === undefined || options.argocd === undefined
          ? undefined
          : {
              value: application,
              why: options.application === undefined && !isNew ? 'it deploys this folder' : undefined,
            },
      argocd: options.argocd,
    },
  };
}

async function placesChosen(
  seen: SeenRepo,
  options: InitOptions,
  ask: Ask,
  { images, app }: Pick<Choices, 'images' | 'app'>,
): Promise<readonly Offer[]> {
  const names = images.map(({ name }) => name);
  if (options.with.includes('config-repo')) return placesOf(options.layout, names, shortName(app));
  if (options.place.length > 0) return options.place.map(placeOf);
  const offers = findPlaces(seen.config, names);
  const label = (offer: Offer): string => `${offer.file}:${offer.line} ${offer.path}  (today ${offer.today})`;
  const chosen = await ask.some(
    'Which of these values does a delivery set?',
    offers.map((offer) => [label(offer), offer] as const),
    offers,
  );
  if (chosen.length > 0) return chosen;
  const place = await ask.text('Which value does a delivery set? (FILE:PATH)', '');
  if (place === '')
    throw usage(
      'No place for the tag is known: say --place FILE:PATH, or --config-dir DIR with a checkout of the config repo.',
    );
  return [placeOf(place)];
}

function placeOf(text: string): Offer {
  const [, file, path] = /^([^:]+):((?:\.|doc\[|\[).+)$/.exec(text) ?? [];
  if (file === undefined || path === undefined)
    throw usage(`${text} is no FILE:PATH, such as main/values.yaml:.image.tag.`);
  return { file, path, value: '{tag}', today: '', line: 0 };
}

/** Registry, account and region that a pipeline speaks of today. */
function hintOf(
  pipelines: Texts,
): { file: string; account: string | undefined; region: string | undefined } | undefined {
  for (const [file, text] of Object.entries(pipelines)) {
    const [ecr] = text.match(/\d{12}\.dkr[\w.-]+/g)?.flatMap((host) => readEcrHost(host) ?? []) ?? [];
    if (ecr !== undefined) return { file, account: ecr.account, region: ecr.region };
    const [, ofRole] = /arn:aws[\w-]*:iam::(\d{12}):role/.exec(text) ?? [];
    const [, given] = /aws-region:\s*['"]?([a-z]{2,4}(?:-[a-z]+)+-\d+)/.exec(text) ?? [];
    if (/amazon-ecr-login/.test(text)) return { file, account: ofRole, region: given };
  }
  return undefined;
}

function hostOf(registry: string): string {
  return registry.split('/')[0] ?? '';
}

/** The remote as a GitLab at this URL has it: its folder is no group. Throws USAGE. */
function belowGitLab(gitlab: string, remote: SeenRepo['remote']): RemotePlace | undefined {
  const url = URL.canParse(gitlab) ? new URL(gitlab) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw usage('--gitlab takes a URL: https://HOST/FOLDER.');
  const folder = url.pathname.replace(/^\/+|\/+$/g, '');
  const path = remote?.path.startsWith(`${folder}/`) === true ? remote.path.slice(folder.length + 1) : remote?.path;
  return path === undefined ? undefined : { host: folder === '' ? url.host : `${url.host}/${folder}`, path };
}

function fromRemote(remote: SeenRepo['remote']): Chosen | undefined {
  if (remote === undefined) return undefined;
  const path = remote.path.toLowerCase();
  if (remote.host === 'github.com')
    return { value: `ghcr.io/${path.split('/')[0] ?? ''}`, why: 'the packages of the owner of this repository' };
  if (/gitlab/.test(remote.host))
    return { value: `registry.${remote.host.replace(/[:/].*$/, '')}/${path}`, why: "this project's own registry" };
  return undefined;
}

/** A path is one on GitHub to all who read it in a config: where the app repo is elsewhere, so is its config repo. */
function onHostOf(remote: SeenRepo['remote'], repo: string): string {
  const isElsewhere = remote !== undefined && isSite(remote.host) && remote.host !== 'github.com';
  return isElsewhere && /^[\w.-]+(?:\/[\w.-]+)+$/.test(repo) ? `https://${remote.host}/${repo}.git` : repo;
}

/** The app's own name. */
export function shortName(app: string): string {
  return imageNameFrom(app.split(/[\\/]/).at(-1) ?? '');
}

/** What the account is to get, where images go to ECR. */
export function awsNeeds({ aws, ci, app, host, from, images, registry }: Choices): AwsNeeds {
  if (aws === undefined) throw usage('--with aws is for a registry on ECR.');
  if (host === undefined) throw usage('--with aws needs to know the app repo: add the remote origin first.');
  // IAM's CreateOpenIDConnectProvider takes a path, and no port.
  if (/:\d/.test(host)) throw usage(`--with aws: IAM takes no provider with a port, as ${host} has. Serve it on 443.`);
  const prefix = registry.value.split('/').slice(1).join('/');
  return {
    ...{ ...aws, ci, host, app },
    branches: [from.value],
    repositories: images.map(({ name }) => (prefix === '' ? name : `${prefix}/${name}`)),
  };
}

function usage(problem: string): TagboatError {
  return usageError(problem, 'init');
}
