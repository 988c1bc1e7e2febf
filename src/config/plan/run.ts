import { TagboatError } from '../../errors.ts';
import type { DeployPlan } from '../../plan/deploy.ts';
import type { FileWrite, PullRequestPlan } from '../../plan/pull-request.ts';
import { compareReleases } from '../../plan/release.ts';
import type { DeliveryPlan, Edit, Person, RunPlan, Source, Via } from '../../plan.ts';
import { inert, inertMarkdown } from '../../wire/text/inert.ts';
import type { Config, DeliveryConfig } from '../shape/checked.ts';
import { placesDigest } from './beside.ts';
import { planImage, refuseTwins } from './image.ts';
import { personText, withoutControls, writeMessage } from './message.ts';
import { namedOf, partOf } from './part.ts';
import { reaches } from './reach.ts';
import { allValues, resolveTag, resolveValue, type Variables } from './variables.ts';

export interface Identity {
  /** The run is a GitHub Actions job. */
  readonly actions: boolean;
  /** git's own user.name and user.email on this machine, if set. */
  readonly gitUser?: Person | undefined;
}

export interface PlanOptions extends Identity {
  /** Only these, by name; undefined is all. */
  readonly deliveries?: readonly string[] | undefined;
  readonly images?: readonly string[] | undefined;
  /** Images that something else built, by the names that the config has for them: these are taken as they are. */
  readonly from?: Readonly<Record<string, string>> | undefined;
  /** When the run began, milliseconds since the epoch: for `{date}`. */
  readonly now?: number | undefined;
}

// GitHub's own account for Actions; its id makes the avatar appear beside the commit.
const actionsBot = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };
const nobody = { name: 'tagboat', email: 'tagboat@localhost' };

/**
 * What one run of this commit does: its images, and the deliveries whose `from` has what the source is of. Pure: nothing
 * is looked up, only worked out. Throws USAGE (a name that isn't in the file), TEMPLATE_UNRESOLVED, CONFIG_VALUE_INVALID.
 */
export function planRun(config: Config, source: Source, options: PlanOptions): RunPlan {
  const { from = {} } = options;
  const run = { source, now: options.now };
  const naming = { of: config, command: undefined };
  const imagesOf = (names: readonly string[] | undefined) =>
    namedOf(config.images, names, { ...naming, kind: 'image' });
  imagesOf(Object.keys(from));
  const images = imagesOf(options.images).map((one) => planImage(one, run, from[one.name]));
  refuseTwins(config, images);
  const variables = { ...run, images, tag: resolveTag(config.tag, 'tag', run) };
  const deliveries = namedOf(config.deliveries, options.deliveries, { ...naming, kind: 'delivery' })
    .filter((delivery) => reaches(delivery, source))
    .map((delivery) => partOf(delivery, config, options.images))
    .filter(({ set, write }) => set.length + write.length > 0)
    .map((delivery) => planDelivery(delivery, variables, options));
  const { aws, google, azure } = config;
  return { source, aws, google, azure, images, deliveries };
}

export interface CommitRequest extends Identity {
  readonly repo: string;
  readonly branch: string;
  readonly edits: readonly Edit[];
  readonly message?: string | undefined;
  readonly author?: Person | undefined;
  /** Default `git`. */
  readonly via?: Via | undefined;
  /** The app repo's commit, where there is one. */
  readonly source?: Source | undefined;
}

/** A delivery without a config file: values as they were given on the command line. Pure. */
export function planCommit(request: CommitRequest): DeliveryPlan {
  const { repo, branch, edits, source } = request;
  const [first] = edits;
  const summary =
    first === undefined || edits.length > 1
      ? `Set ${edits.length} values`
      : `Set ${first.path} to ${first.value.slice(0, 100)}`;
  const text = request.message ?? withoutControls(summary);
  const committer = defaultPerson(request);
  return {
    name: 'commit',
    repo,
    branch,
    edits,
    message: writeMessage({
      text,
      trailers: coAuthor(request.via, request.author),
      delivery: undefined,
      edits,
      source,
    }),
    author: request.author ?? committer,
    committer,
    deploy: undefined,
    via: request.via ?? 'git',
    // Values of other places are another proposal: none takes the place of one that waits for review.
    pullRequest: request.via === 'pullRequest' ? { head: `tagboat/commit-${placesDigest(edits, branch)}` } : undefined,
  };
}

function planDelivery(delivery: DeliveryConfig, variables: Variables, identity: Identity): DeliveryPlan {
  const { name, repo, branch, createBranch, order, queue, via } = delivery;
  const where = `deliveries.${name}`;
  const edits = delivery.set.map(({ image: _, ...set }) => {
    const place = `${where}.set.${set.file} ${set.path}`;
    return { ...set, value: resolveValue(set.value, place, variables), create: delivery.create, allow: delivery.allow };
  });
  // One line each: the message's own line breaks are its author's, those in a subject or branch are not.
  const flat = { ...variables, source: flatten(variables.source) };
  // Hosts act on what the commits of a pull request say, too, once it is merged.
  const told = via === 'pullRequest' ? { ...flat.source, subject: inert(flat.source.subject) } : flat.source;
  const text = resolveValue(delivery.message, `${where}.message`, { ...flat, source: told });
  const trailers = delivery.trailers.map(({ key, value }) => ({
    key,
    value: resolveValue(value, `${where}.trailers.${key}`, flat),
  }));
  const committer = defaultPerson(identity);
  const writes = planWrites(delivery, where, variables);
  return {
    ...{ name, repo, branch, createBranch, edits, order, queue, via, committer },
    ...(writes.length > 0 && { writes }),
    message: writeMessage({
      ...{ text, delivery: name, edits, source: via === 'pullRequest' ? told : variables.source },
      trailers: [...trailers, ...coAuthor(via, delivery.author)],
      writes,
    }),
    author: delivery.author ?? committer,
    deploy: numbered(delivery.deploy, variables.source.pullRequest?.number),
    gitTag: order === 'semver' ? releaseOf(delivery, variables.source) : undefined,
    pullRequest: delivery.pullRequest && resolvePullRequest(delivery.pullRequest, `${where}.pullRequest`, flat),
  };
}

/** A text with the pull request's number in it. */
export function withNumber(text: string, number: number): string {
  return text.replaceAll('{pr}', String(number));
}

/** A deploy plan with the pull request's number in its names. */
export function numbered(deploy: DeployPlan | undefined, number: number | undefined): DeployPlan | undefined {
  if (deploy === undefined || number === undefined) return deploy;
  const filled = (text: string): string => withNumber(text, number);
  const { environment: to } = deploy;
  const environment = to && { ...to, name: filled(to.name), ...(to.url && { url: filled(to.url) }) };
  const applications = deploy.applications.map((one) => ({ ...one, name: filled(one.name) }));
  return { ...deploy, applications, environment };
}

function planWrites({ write }: DeliveryConfig, where: string, variables: Variables): FileWrite[] {
  const [first] = write;
  const values = first && allValues(`${where}.write`, variables);
  return write.map(({ file, template }) => ({
    ...{ file: resolveValue(file, `${where}.write`, variables), template, values: values ?? {} },
  }));
}

/** What others wrote stands in it as text: a subject that mentions somebody or closes an issue does neither. */
function resolvePullRequest(asked: PullRequestPlan, where: string, variables: Variables): PullRequestPlan {
  const { source } = variables;
  const filled = (key: 'title' | 'body', safe: (text: string) => string): string | undefined => {
    const text = asked[key];
    if (text === undefined) return undefined;
    const { subject, branch } = source;
    const told = { ...source, subject: safe(subject), branch: branch === undefined ? undefined : safe(branch) };
    return resolveValue(text, `${where}.${key}`, { ...variables, source: told });
  };
  return { ...asked, title: filled('title', inert), body: filled('body', inertMarkdown) };
}

/** The git tag by which `order: semver` compares; a run of a branch is ordered by ancestry. Throws GIT_TAG_NO_RELEASE. */
function releaseOf({ name }: DeliveryConfig, { gitTag }: Source): string | undefined {
  if (gitTag !== undefined && compareReleases(gitTag, gitTag) === undefined)
    throw new TagboatError('GIT_TAG_NO_RELEASE', { tag: withoutControls(gitTag), delivery: name });
  return gitTag;
}

/** GitHub's API makes commits as the token's own account: an author of one's own is named beside it. */
function coAuthor(via: Via | undefined, author: Person | undefined): { key: string; value: string }[] {
  return (via === 'github' || via === 'auto') && author !== undefined
    ? [{ key: 'Co-authored-by', value: personText(author) }]
    : [];
}

function flatten(source: Source): Source {
  return {
    ...source,
    subject: withoutControls(source.subject),
    branch: source.branch === undefined ? undefined : withoutControls(source.branch),
  };
}

/** Who commits when nobody else is named. */
export function defaultPerson({ actions, gitUser }: Identity): Person {
  return actions ? actionsBot : (gitUser ?? nobody);
}
