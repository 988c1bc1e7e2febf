import { type Answer, pending } from './answer.ts';
import type { Evidence } from './evidence.ts';

/** Manifests may be stale although the revision moved on (argo-cd#27727): then our image's repository runs another tag. */
export function judgeImages({ question, seen, memory }: Evidence): Answer | undefined {
  if (memory.hardRefreshed) return undefined;
  const stale = question.images.some((image) => {
    const repository = repositoryOf(image);
    return (
      seen.images.some((one) => repositoryOf(one) === repository) && !seen.images.some((one) => isImageOf(one, image))
    );
  });
  // Images of CronJobs and hooks are never listed, so none at all means nothing.
  if (!stale || seen.health.status === 'Progressing') return undefined;
  return pending('settling', 'the pods run another image than ours', { wants: 'hardRefresh', againMs: 5_000 });
}

/** An image's name without tag and digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/** Whether an image is of the repository of one of ours, and then ours; undefined for any other. */
export function isOursOf(image: string, ours: readonly string[]): boolean | undefined {
  const known = ours.filter((one) => repositoryOf(one) === repositoryOf(image));
  return known.length === 0 ? undefined : known.some((one) => isImageOf(image, one));
}

/**
 * Whether an image in a manifest or a pod is one of ours, `host/repository:tag@digest`: by digest where both name one,
 * else by its repository and tag. Clusters may take it from a mirror, so the host doesn't count where the digest does.
 */
export function isImageOf(image: string, ours: string): boolean {
  const digest = /@(.+)$/;
  const [a, b] = [digest.exec(image)?.[1], digest.exec(ours)?.[1]];
  if (a !== undefined && b !== undefined) return a === b;
  const name = (text: string) => text.replace(digest, '');
  const place = (text: string) => name(text).replace(/^[^/]*[.:][^/]*\//, '');
  // What names neither a digest nor a tag may be any.
  if (name(image) === repositoryOf(image)) return repositoryOf(image) === repositoryOf(ours);
  return place(image) === place(ours);
}
