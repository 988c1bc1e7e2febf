import { at, jsonIn, listAt, numberAt, textAt, textsAt } from '../../../wire/fields.ts';
import { literally } from '../../../wire/text/pattern.ts';

/** A rule of an ECR lifecycle policy by which images go that are still wanted. */
export interface HarmfulRule {
  readonly code: 'LIFECYCLE_EXPIRES_BY_AGE' | 'LIFECYCLE_COUNTS_OTHERS' | 'LIFECYCLE_KEEPS_FEW';
  /** Its place in the order of rules. */
  readonly priority: number;
  readonly count: number;
}

interface Rule {
  readonly priority: number;
  readonly selects: (tags: readonly string[]) => boolean;
  /** `sinceImagePushed` and its like count days, `imageCountMoreThan` images. */
  readonly byAge: boolean;
  readonly count: number;
}

/** Fewer images than this leave nothing to go back to. */
const fewest = 10;

/**
 * What a lifecycle policy does to the images under a release's tags (ECR's "Lifecycle policy properties" and "How
 * lifecycle policies work": rules go by their priority, an image belongs to the first that selects it). Pure.
 */
export function harmfulRule(
  policy: string,
  tags: readonly string[],
  others: readonly string[],
): HarmfulRule | undefined {
  const rules = rulesIn(policy);
  const first = rules.find(({ selects }) => selects(tags));
  if (first === undefined) return undefined;
  const { priority, count, byAge } = first;
  if (byAge) return { code: 'LIFECYCLE_EXPIRES_BY_AGE', priority, count };
  if (count < fewest) return { code: 'LIFECYCLE_KEEPS_FEW', priority, count };
  const counted = others.some((tag) => rules.find(({ selects }) => selects([tag])) === first);
  return counted ? { code: 'LIFECYCLE_COUNTS_OTHERS', priority, count } : undefined;
}

function rulesIn(policy: string): Rule[] {
  const rules = listAt(jsonIn(policy), 'rules').filter((rule) => textAt(rule, 'action', 'type') === 'expire');
  return rules.map(ruleOf).sort((a, b) => a.priority - b.priority);
}

function ruleOf(rule: unknown): Rule {
  const selection = at(rule, 'selection');
  const status = textAt(selection, 'tagStatus');
  const prefixes = textsAt(selection, 'tagPrefixList').map((prefix) => `${prefix}*`);
  const patterns = [...prefixes, ...textsAt(selection, 'tagPatternList')];
  return {
    priority: numberAt(rule, 'rulePriority'),
    byAge: textAt(selection, 'countType') !== 'imageCountMoreThan',
    count: numberAt(selection, 'countNumber'),
    // An image must have a tag for each of a list.
    selects: (tags) =>
      status === 'any' ||
      (status === 'tagged' && patterns.every((pattern) => tags.some((tag) => matchesPattern(pattern, tag)))),
  };
}

/** `*` is any run of characters: in patterns of a lifecycle policy, and of a repository's exclusions. */
export function matchesPattern(pattern: string, tag: string): boolean {
  const parts = pattern.split('*').map(literally);
  return new RegExp(`^${parts.join('.*')}$`, 's').test(tag);
}
