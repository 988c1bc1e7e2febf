import * as z from 'zod';
import { aws, azure, google, registry } from './access.ts';
import { application, argocd, environment } from './argocd.ts';
import { afterKeys } from './delivery/after.ts';
import { from } from './from.ts';
import { image, limits, tag } from './image.ts';
import { notify } from './notify.ts';
import { patterns } from './patterns.ts';
import { pullRequest } from './pull-request.ts';

/**
 * The shape of tagboat.yaml: types, keys and what they mean. The JSON Schema comes from it. What the texts must look
 * like is checked afterwards (grammar.ts), where `${VARIABLES}` are filled in; an editor sees the file without them.
 */
const text = (form: Readonly<Record<string, unknown>> = {}) => z.string().meta(form);

const delivery = z.strictObject({
  from: z
    .union([
      text(patterns.branchPattern),
      z.array(text(patterns.branchPattern)).min(1),
      from.meta({ minProperties: 1 }),
    ])
    .optional()
    .describe(
      "The app repo's branch or branches that deliver here, patterns such as release/* too; a map for git tags and pull requests. Required unless there is `after`.",
    ),
  ...afterKeys,
  repo: text(patterns.repo).describe('The config repo: an https URL, or owner/name for GitHub.'),
  branch: text({ ...patterns.branch, default: 'main' })
    .optional()
    .describe("The config repo's branch. Default main."),
  createBranch: z
    .union([
      z.boolean(),
      z.strictObject({
        from: text({ ...patterns.branch, examples: ['main'] }).describe('The branch that it is made from.'),
      }),
    ])
    .meta({ default: false, examples: [true, { from: 'main' }] })
    .optional()
    .describe(
      "Make the config repo's branch where it isn't there, by the push of its first commit: true from the default branch, `from` from another. Default false: a branch that is missing is an error.",
    ),
  set: z
    .record(
      text(patterns.repoFile),
      z
        .record(text(patterns.path), z.union([text(patterns.value), z.number(), z.boolean()]))
        .meta({ minProperties: 1 }),
    )
    .meta({ minProperties: 1 })
    .optional()
    .describe(
      'What to set: file, then path, then value. Paths: .front.imageTag, .images[name=app].newTag, .list[0], doc[kind=Deployment].spec.x. Values are templates: {tag}, all that a tag may have ({commit}, {shortCommit}, {branch}, {semver}, …), and {tag.NAME}, {image.NAME} (the whole reference) and {digest.NAME} of an image.',
    ),
  write: z
    .record(text(patterns.writtenFile), text(patterns.template))
    .meta({ minProperties: 1 })
    .optional()
    .describe(
      'For from: { pullRequests: true }, files that are written whole for each pull request: file, which has {pr}, then the template that it is made of, from the app repo, or as config:PATH from the config repo. A template has the variables of `set`, {subject} and {pr}; \\{name} is the text {name}, and what stands in {{ }} stays. `tagboat retire` removes the files when the pull request is closed.',
    ),
  ...limits('{name} stands for here'),
  create: z.boolean().optional().describe('Add paths that are missing. Default false: a missing path is an error.'),
  allow: z
    .array(z.enum(['aliases', 'digest']))
    .optional()
    .describe(
      'What is refused otherwise. aliases: a value that aliases repeat in other places of the file, which change with it. digest: a tag beside a digest, by which images are pulled then.',
    ),
  message: text({ ...patterns.message, default: 'Update image tag to {tag}' })
    .optional()
    .describe(
      'The commit message, a template; {subject} is the first line of the source commit. Default "Update image tag to {tag}".',
    ),
  author: text(patterns.author)
    .optional()
    .describe("The commit's author, Name <mail>. Default: github-actions[bot] in Actions, elsewhere git's own user."),
  via: z
    .enum(['git', 'github', 'auto', 'pullRequest'])
    .optional()
    .describe(
      "How the commit is made. git (the default): pushed, with the author you like, on any host. github: made by GitHub's API, which signs it (Verified) as the App or user of the token; the author is told as Co-authored-by. auto: by GitHub's API where the host has it and lets the token commit, else pushed. pullRequest: pushed to a branch of its own and proposed for review, by one pull request (merge request) that later runs keep up to date.",
    ),
  pullRequest: pullRequest.optional(),
  trailers: z
    .record(text(patterns.trailerKey), z.union([text(patterns.trailer), z.number(), z.boolean()]))
    .optional()
    .describe("Trailers of your own, beside Tagboat's. Templates too."),
  application: z
    .union([
      text(patterns.application),
      application,
      z.array(z.union([text(patterns.application), application])).min(1),
      z.literal(true),
    ])
    .optional()
    .describe(
      "The Argo CD application that follows this place, or a list of them: a name, namespace/name, or a map. true: every application that follows the branch and one of the files. The run then ends with what became of it. A name with {pr} is a pull request's own, and waited for until a generator has made it.",
    ),
  argocd: argocd.optional().describe('Another Argo CD than that of the file, for this delivery.'),
  sync: z
    .boolean()
    .optional()
    .describe('Sync the application where nothing else does (no automated sync policy). Default false: that is told.'),
  environment: z
    .union([text(patterns.environment), environment])
    .optional()
    .describe(
      'A GitHub environment, a name or a map: the verdict becomes the status of a deployment to it. The job needs `deployments: write`.',
    ),
  onUnhealthy: z
    .enum(['fail', 'rollback'])
    .optional()
    .describe(
      'What to do when the application comes out degraded or its sync fails. fail (the default) ends the run with exit code 7; rollback does so too, after it put the earlier values back.',
    ),
  order: z
    .enum(['guard', 'semver', 'off'])
    .optional()
    .describe(
      'guard (the default) never puts an older commit of the app repo over a newer one, and refuses commits that have gone separate ways. semver, for deliveries by git tag, never puts a lower release over a higher one, whatever their commits. off sets the value whatever it was, for branches that take turns.',
    ),
  queue: z
    .boolean()
    .optional()
    .describe(
      "Wait in the config repo's queue when others are faster. Default true; false tries the push again instead, and leaves no refs of its own.",
    ),
});

export const shape = z
  .strictObject({
    registry: registry.optional(),
    aws: aws.optional(),
    google: google.optional(),
    azure: azure.optional(),
    tag: tag().optional(),
    images: z
      .record(text(patterns.images), image)
      .optional()
      .describe(
        "The images to build, by name. A pattern of folders, such as services/*, stands for one of each folder there that has a Dockerfile, with the folder as its context; {name} in its values is the folder's name. An entry by such a name wins, key by key.",
      ),
    argocd: argocd.optional(),
    deliveries: z
      .record(text(patterns.name), delivery)
      .optional()
      .describe('What to commit to which config repo, by name.'),
    notify: notify.optional(),
    comment: z
      .boolean()
      .optional()
      .meta({ default: false })
      .describe(
        "Say on the app repo's merged pull request where and since when its commit is live: one comment, brought up to date by later runs and promotions. Default false. The job needs pull-requests: write. What keeps it from being there is told and fails no delivery.",
      ),
  })
  .describe('How Tagboat gets a commit of this repository into images and a config commit.');

export type Shape = z.infer<typeof shape>;
export type DeliveryShape = z.infer<typeof delivery>;

/** Maps whose keys are chosen by whoever writes the file, `*` for any key. */
export const records: readonly (readonly string[])[] = [
  ['images'],
  ['images', '*', 'args'],
  ['images', '*', 'secrets'],
  ['images', '*', 'ssh'],
  ['images', '*', 'labels'],
  ['images', '*', 'annotations'],
  ['deliveries'],
  ['deliveries', '*', 'set'],
  ['deliveries', '*', 'set', '*'],
  ['deliveries', '*', 'write'],
  ['deliveries', '*', 'trailers'],
];

/** Values that are texts even where they look like numbers: `1.10` stays `1.10`. `#` stands for a list's items. */
export const texts: readonly (readonly string[])[] = [
  ['tag'],
  ...['images', 'deliveries'].flatMap((key) => ['only', 'except'].map((limit) => [key, '*', limit, '#'])),
  ['images', '*', 'tag'],
  ['images', '*', 'args', '*'],
  ['images', '*', 'tags', '*'],
  ['images', '*', 'labels', '*'],
  ['images', '*', 'annotations', '*'],
  ['images', '*', 'check', '*'],
  ['images', '*', 'check', '*', '*'],
  ...['from', 'after', 'freeze'].flatMap((key) => [
    ['deliveries', '*', key],
    ['deliveries', '*', key, '#'],
  ]),
  ...['branches', 'tags'].map((key) => ['deliveries', '*', 'from', key]),
  ...['branches', 'tags'].map((key) => ['deliveries', '*', 'from', key, '#']),
  ['deliveries', '*', 'branch'],
  ['deliveries', '*', 'set', '*', '*'],
  ['deliveries', '*', 'trailers', '*'],
];

/** Values of which the file has the variable's name alone: `${NAME}`. What it stands for is a secret. */
export const named: readonly (readonly string[])[] = [['notify', '#', 'url']];

/** Values that are templates. */
export const templates: readonly (readonly string[])[] = [
  ['tag'],
  ['images', '*', 'tag'],
  ['images', '*', 'tags', '*'],
  ['images', '*', 'labels', '*'],
  ['images', '*', 'annotations', '*'],
  ['images', '*', 'from'],
  ['images', '*', 'check', '*'],
  ['images', '*', 'check', '*', '*'],
  ['deliveries', '*', 'set', '*', '*'],
  ['deliveries', '*', 'message'],
  ['deliveries', '*', 'pullRequest', 'title'],
  ['deliveries', '*', 'pullRequest', 'body'],
  ['deliveries', '*', 'trailers', '*'],
  ['notify', '#', 'text'],
];

/** The keys that a map of the file may have, for a hint at the right one. */
export function keysAt(path: readonly (string | number)[]): string[] {
  if (path.length === 0) return Object.keys(shape.shape);
  if (path[0] === 'images' && path[2] === 'attest') return ['sbom', 'provenance'];
  if (path[0] === 'images' && path[2] === 'require') {
    return path[3] === 'signed' ? ['issuer', 'subject', 'trustRoot'] : ['signed', 'sbom'];
  }
  if (path[0] === 'images' && path[2] === 'secrets') return ['env', 'src'];
  if (path[0] === 'images' && path[2] === 'sign') return ['fulcio', 'rekor'];
  if (path[0] === 'images') return Object.keys(image.shape);
  if (path[0] === 'deliveries' && path[2] === 'from') return Object.keys(from.shape);
  if (path[0] === 'deliveries' && path[2] === 'createBranch') return ['from'];
  if (path[0] === 'deliveries' && path[2] === 'pullRequest') return Object.keys(pullRequest.shape);
  if (path[0] === 'deliveries' && path[2] === 'environment') return Object.keys(environment.shape);
  if (path[0] === 'deliveries' && path[2] === 'argocd') return Object.keys(argocd.shape);
  if (path[0] === 'deliveries') return Object.keys(delivery.shape);
  if (path[0] === 'argocd') return Object.keys(argocd.shape);
  if (path[0] === 'notify') return Object.keys(notify.element.shape);
  const cloud = { aws, google, azure }[String(path[0])];
  return cloud === undefined ? ['host', 'login', 'insecure'] : Object.keys(cloud.shape);
}
