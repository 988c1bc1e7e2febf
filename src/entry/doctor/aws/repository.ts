import type { RepositoryFacts } from '../../../auth/aws/account.ts';
import type { ImageConfig } from '../../../config/shape/checked.ts';
import { parseTemplate } from '../../../config/shape/template.ts';
import { reportOf, TagboatError } from '../../../errors.ts';
import type { Finding } from '../../../plan/finding.ts';
import type { ImagePreview } from '../../../plan/outcome.ts';
import type { ImagePlan } from '../../../plan.ts';
import { findingOf } from '../check-files.ts';
import { found } from '../tell.ts';
import { harmfulRule, matchesPattern } from './lifecycle.ts';

/** The tags that ECR lets one image have (service quotas). */
const mostTags = 1_000;

/** What an ECR repository doesn't do as its image needs it. `preview` is what would become of the image, where that is known. */
export function repositoryFindings(
  image: ImagePlan,
  { tag: template }: ImageConfig,
  about: RepositoryFacts | 'missing',
  preview: ImagePreview | undefined,
): Finding[] {
  const { repository, tag, name } = image;
  if (about === 'missing') {
    const { host } = image.registry;
    return [findingOf(reportOf(new TagboatError('REPOSITORY_NOT_FOUND', { host, repository })))];
  }
  const { mutability, exclusions, lifecycle, tags } = about;
  const all: Finding[] = [];
  const isFixed = (one: string): boolean =>
    mutability.startsWith('IMMUTABLE') !== exclusions.some((pattern) => matchesPattern(pattern, one));
  const names = parseTemplate(template).flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]));
  if (!names.some((one) => one === 'commit' || one === 'shortCommit' || one === 'commitTime') && isFixed(tag)) {
    const message = `Tags of ${repository} are immutable, and images.${name} has the tag ${template} with every commit: the second push is refused.`;
    const fix = `Put {commit} into its tag, or exempt ${tag} from immutability in ECR.`;
    all.push(found('TAG_CANNOT_MOVE', 'error', message, fix));
  }
  if (preview?.is === 'built' && preview.engine === 'buildx' && image.cache && isFixed('cache-x')) {
    const message = `Tags of ${repository} are immutable, those of the build cache as well: only the first one is ever written.`;
    const fix = 'Exempt cache-* from immutability in ECR, or set `cache: false`.';
    all.push(found('CACHE_CANNOT_MOVE', 'warning', message, fix));
  }
  // Only the image that would get another tag matters, where that is known.
  const counts = [...(tags ?? [])].filter(
    ([digest]) => preview === undefined || (preview.is === 'reused' && preview.digest === digest),
  );
  const [[digest, count] = ['', 0]] = counts.sort(([, a], [, b]) => b - a);
  if (count >= mostTags * 0.9) {
    const message = `The image ${digest} of ${repository} has ${count} of the ${mostTags} tags that ECR allows: each commit that leaves it as it is adds one.`;
    const severity = count >= mostTags ? 'error' : 'warning';
    const fix = 'Delete old tags of it (aws ecr batch-delete-image --image-ids imageTag=…).';
    all.push(found('IMAGE_TAGS_NEARLY_FULL', severity, message, fix));
  }
  const rule =
    lifecycle === undefined
      ? undefined
      : harmfulRule(lifecycle, [tag, `fp-${'0'.repeat(64)}`], ['cache-x', `inputs-${'0'.repeat(64)}`]);
  if (rule !== undefined) {
    const { code, priority, count: number } = rule;
    const which = `Rule ${priority} of the lifecycle policy of ${repository}`;
    const message = {
      LIFECYCLE_EXPIRES_BY_AGE: `${which} deletes images by their age (${number} days): one that doesn't change for so long goes while it runs.`,
      LIFECYCLE_KEEPS_FEW: `${which} keeps ${number} images: an earlier one can't be rolled back to.`,
      LIFECYCLE_COUNTS_OTHERS: `${which} counts build caches or lists of inputs among its ${number} images: they push releases out.`,
    }[code];
    const fix = 'Use the rules that `tagboat init --with aws` writes: each kind of tag has one of its own.';
    all.push(found(code, 'warning', message, fix));
  }
  return all;
}
