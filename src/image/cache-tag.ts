import type { ImagePlan, Source } from '../plan.ts';

/** Where an image's build cache lies: tags of its own repository. */
export interface CacheTags {
  /** To be read, the best first: the branch's own, then the default branch's. */
  readonly read: readonly string[];
  /** Undefined where no branch is built: a pull request or a tag must not change what branches read. */
  readonly write: string | undefined;
}

/** The cache's tags for an image at a commit. */
export function cacheTags(image: Pick<ImagePlan, 'name' | 'target'>, source: Source): CacheTags {
  const { branch, defaultBranch } = source;
  const own = branch === undefined ? undefined : tagOf(image, branch);
  const defaults = branch !== undefined && usualDefaults.includes(branch) ? [branch] : usualDefaults;
  const fallback = (defaultBranch === undefined ? defaults : [defaultBranch]).map((name) => tagOf(image, name));
  return { read: [...new Set([...(own === undefined ? [] : [own]), ...fallback])], write: own };
}

// Where nobody tells the default branch's name.
const usualDefaults = ['main', 'master'];

/** One cache for each image, target and branch: two of them in one tag would overwrite each other. */
function tagOf({ name, target }: Pick<ImagePlan, 'name' | 'target'>, branch: string): string {
  // A tag has at most 128 characters of these (OCI distribution spec, "Pulling manifests").
  const plain = (text: string) => text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  return ['cache', name, ...(target === undefined ? [] : [target]), branch].map(plain).join('-').slice(0, 128);
}
