import type { BuildFact, Fact } from './facts.ts';
import { type RefParts, splitReference } from './image-refs.ts';
import type { ReadStep } from './read-job.ts';
import { plainText, type RunText, shownValue, whyUnknown } from './value.ts';

/** An image that the job builds and pushes. */
export interface FoundImage {
  readonly build: BuildFact;
  readonly reference: RefParts;
  /** The tag that is delivered. */
  readonly tag: RunText;
  /** Every reference of the image that the job pushes. */
  readonly refs: readonly RunText[];
}

export interface FoundEdit {
  readonly file: string;
  readonly path: string;
  readonly value: RunText;
  readonly typed: boolean;
}

/** One config repo's branch as the job writes it. */
export interface FoundDelivery {
  readonly repo: RunText | undefined;
  readonly branch: RunText | undefined;
  readonly token: RunText | undefined;
  readonly edits: readonly FoundEdit[];
  readonly message: RunText | undefined;
  readonly author: string | undefined;
  readonly applications: readonly Extract<Fact, { is: 'application' }>[];
}

/** Why something is left as it is. */
export interface Left {
  readonly step: number | undefined;
  readonly line: number;
  readonly why: string;
}

/** Looks into a config repo's file, where somebody has it at hand. */
export interface LookIn {
  readonly replaced: (dir: string, file: string, script: RunText, extended: boolean) => readonly FoundEdit[] | string;
}

/** All facts of a kind, with their lines and steps. */
export const factsOf = <T extends Fact['is']>(steps: readonly ReadStep[], is: T) =>
  steps.flatMap(({ step, found }) =>
    found.flatMap(({ fact, line }) =>
      fact.is === is ? [{ fact: fact as Extract<Fact, { is: T }>, line, step: step.at }] : [],
    ),
  );

type Tell = (at: Omit<Left, 'why'>, why: string) => void;

/** The images that the steps build and push. */
export function imagesOf(steps: readonly ReadStep[], wanted: readonly RunText[], tell: Tell): FoundImage[] {
  const aliases = factsOf(steps, 'alias').map(({ fact }) => fact);
  const pushes = factsOf(steps, 'push');
  const found = factsOf(steps, 'build').flatMap(({ fact: build, ...at }): FoundImage[] => {
    const names = new Set(build.refs);
    for (const { from, to } of aliases) if (names.has(from)) names.add(to);
    const refs = [...new Set(pushes.map(({ fact }) => fact.ref).filter((ref) => names.has(ref)))];
    const [first] = refs;
    if (first === undefined) {
      tell(at, `the image ${shownValue(build.refs[0] ?? build.dockerfile)} is built and not pushed`);
      return [];
    }
    const why =
      refs.map(whyUnknown).find((one) => one !== undefined) ??
      build.args.map(([, value]) => whyUnknown(value)).find((one) => one !== undefined);
    if (why !== undefined) tell(at, `a part of ${shownValue(first)} or of its arguments can't be told: ${why}`);
    const delivered = refs.find((ref) => wanted.includes(ref) || wanted.includes(splitReference(ref).tag ?? ''));
    const chosen =
      delivered ??
      refs.find((ref) => ref.includes('\uE000commit\uE001')) ??
      refs.find((ref) => splitReference(ref).tag !== 'latest') ??
      first;
    const reference = splitReference(chosen);
    if (reference.tag === undefined || reference.tag === 'latest')
      tell(at, `${shownValue(chosen)} has no tag of its own for each commit`);
    const others = refs.map(splitReference);
    if (others.some(({ host, path }) => host !== reference.host || path !== reference.path))
      tell(at, 'one image is pushed to several repositories');
    return [{ build, reference, tag: reference.tag ?? '', refs }];
  });
  for (const { fact, ...at } of pushes) {
    if (!found.some(({ refs }) => refs.includes(fact.ref)))
      tell(at, `${shownValue(fact.ref)} is pushed, and no step here builds it`);
  }
  const hosts = new Set(found.map(({ reference }) => reference.host));
  const [first] = found;
  if (hosts.size > 1 && first !== undefined)
    tell(
      { step: undefined, line: pushes[0]?.line ?? 1 },
      `images go to several registries (${[...hosts].map(shownValue).join(', ')}), and a config has one`,
    );
  return found;
}

/** The config repos that the steps write, with the folder each is checked out in. */
export function deliveriesOf(
  steps: readonly ReadStep[],
  look: LookIn,
  tell: Tell,
): (FoundDelivery & { readonly dir: string })[] {
  const checkouts = factsOf(steps, 'checkout');
  const repoOf = (path: string): string =>
    checkouts
      .map(({ fact }) => fact.dir)
      .filter((dir) => path === dir || path.startsWith(`${dir}/`))
      .sort((a, b) => b.length - a.length)[0] ?? '';
  const inner = (dir: string, path: string): string => (dir === '' ? path : path.slice(dir.length + 1));
  const pushes = factsOf(steps, 'pushed').map((one) => ({ ...one, dir: repoOf(one.fact.dir) }));
  const commits = factsOf(steps, 'commit').map((one) => ({ ...one, dir: repoOf(one.fact.dir) }));
  const applications = factsOf(steps, 'application');
  const all = new Map<string, FoundEdit[]>();
  const add = (dir: string, edit: FoundEdit): void => {
    const edits = all.get(dir) ?? [];
    all.set(dir, [...edits.filter(({ file, path }) => file !== edit.file || path !== edit.path), edit]);
  };
  for (const { fact, ...at } of factsOf(steps, 'edit')) {
    const dir = repoOf(fact.file);
    const why = whyUnknown(fact.value);
    if (why !== undefined) tell(at, `the value of ${fact.path} can't be told: ${why}`);
    add(dir, { file: inner(dir, fact.file), path: fact.path, value: fact.value, typed: fact.typed === true });
  }
  for (const { fact, ...at } of factsOf(steps, 'replace')) {
    const dir = repoOf(fact.file);
    const edits = look.replaced(dir, inner(dir, fact.file), fact.script, fact.extended);
    if (typeof edits === 'string') tell(at, edits);
    else for (const edit of edits) add(dir, edit);
  }
  for (const { dir, fact, ...at } of [...commits, ...pushes]) {
    const does = fact.is === 'commit' ? 'commits' : 'pushes';
    if (!all.has(dir)) tell(at, `it ${does} what no step here is seen to change`);
  }
  return [...all].map(([dir, edits]) => {
    const checkout = checkouts.find(({ fact }) => fact.dir === dir);
    const push = pushes.find((one) => one.dir === dir);
    const at = { step: undefined, line: checkout?.line ?? 1 };
    if (push === undefined) tell(at, 'what is changed there is not pushed');
    const ref = checkout?.fact.ref;
    const branch = push?.fact.branch ?? ref;
    if (push?.fact.branch !== undefined && ref !== undefined && push.fact.branch !== ref)
      tell(
        { step: push.step, line: push.line },
        `it is pushed to another branch (${shownValue(push.fact.branch)}) than the one that was checked out`,
      );
    for (const value of [checkout?.fact.repo ?? '', branch ?? '', checkout?.fact.token ?? '']) {
      const why = whyUnknown(value);
      if (why !== undefined) tell(at, `the config repo, its branch or its token can't be told: ${why}`);
    }
    const people = factsOf(steps, 'person').map(({ fact }) => fact);
    const person = (what: string): string | undefined =>
      plainText(people.find((one) => one.what === what)?.value ?? '\uE000');
    const [name, email] = [person('name'), person('email')];
    const author =
      name === undefined || email === undefined || /^github-actions(?:\[bot\])?$/.test(name)
        ? undefined
        : `${name} <${email}>`;
    return {
      ...{ dir, repo: checkout?.fact.repo, branch, token: checkout?.fact.token, edits, author },
      message: commits.findLast((one) => one.dir === dir)?.fact.message,
      applications: applications.map(({ fact }) => fact),
    };
  });
}
