import { literally } from '../../wire/text/pattern.ts';
import type { Fact } from './facts.ts';
import {
  deliveriesOf,
  type FoundDelivery,
  type FoundImage,
  factsOf,
  imagesOf,
  type Left,
  type LookIn,
} from './parts.ts';
import type { Step } from './pipeline.ts';
import type { ReadJob, ReadStep } from './read-job.ts';
import { plainText } from './value.ts';

/** What of a job Tagboat takes over. */
export interface Takeover {
  readonly images: readonly FoundImage[];
  readonly deliveries: readonly FoundDelivery[];
  readonly aws: Extract<Fact, { is: 'aws' }> | undefined;
  /** The steps that go, by their numbers, and those of them that do part of the delivery. */
  readonly removed: ReadonlySet<number>;
  readonly doing: readonly ReadStep[];
  readonly left: readonly Left[];
}

type Group = 'images' | 'deliveries';

const changing = ['edit', 'replace', 'commit', 'pushed', 'application'] as const;

/** Which group a fact is of, or undefined where it only prepares. */
function groupOf({ is }: Fact): Group | undefined {
  if (is === 'build' || is === 'alias' || is === 'push') return 'images';
  return (changing as readonly string[]).includes(is) ? 'deliveries' : undefined;
}

/** Decides what is taken over: a group (images, deliveries) whole or not at all, else the delivery changes. Pure. */
export function decideJob({ job, steps, givers }: ReadJob, look: LookIn): Takeover {
  const left: Left[] = [];
  const blocked = new Set<Group>();
  const block = (group: Group, at: Omit<Left, 'why'>, why: string): void => {
    if (!blocked.has(group)) left.push({ ...at, why });
    blocked.add(group);
  };

  if (job.refusal !== undefined) {
    const does = steps.find(({ found }) => found.some(({ fact }) => groupOf(fact) !== undefined));
    const left = does === undefined ? [] : [{ step: undefined, line: job.line, why: job.refusal }];
    return { images: [], deliveries: [], aws: undefined, removed: new Set(), doing: [], left };
  }
  const edits = deliveriesOf(steps, look, (at, why) => block('deliveries', at, why));
  const wanted = edits.flatMap((delivery) => delivery.edits.map(({ value }) => value));
  const images = imagesOf(steps, wanted, (at, why) => block('images', at, why));
  if (images.length === 0) blocked.add('images');
  if (edits.length === 0) blocked.add('deliveries');

  const groupsOf = ({ found }: ReadStep): Group[] => [...new Set(found.flatMap(({ fact }) => groupOf(fact) ?? []))];
  conditions(steps, groupsOf, (group, at, why) => block(group, at, why));

  const elsewhere = factsOf(steps, 'elsewhere')[0];
  for (const group of ['images', 'deliveries'] as const)
    if (elsewhere !== undefined) block(group, elsewhere, 'another commit than the pushed one is checked out');
  // A step that isn't understood may change the same files, in words that don't name their folder.
  const [first = 0, end = 0] = [Math.min, Math.max].map((pick) =>
    pick(...steps.filter((one) => groupsOf(one).includes('deliveries')).map(({ step }) => step.at)),
  );
  for (const { step, unclear } of steps) {
    if (unclear === undefined || step.at < first || step.at > end || !changesFiles.test(step.text)) continue;
    const why = `${unclear.why} is not understood, and may change files`;
    block('deliveries', { step: step.at, line: unclear.line }, why);
  }

  // What stays of a step would do its share of the delivery a second time, beside Tagboat.
  for (const one of steps) {
    const stays = one.found.find(({ fact }) => fact.is === 'stays');
    if (stays === undefined) continue;
    const why = 'a part of the step has to stay: give it a step of its own';
    for (const group of groupsOf(one)) block(group, { step: one.step.at, line: stays.line }, why);
  }

  const kept = new Set<number>();
  const prepares = ({ found }: ReadStep): boolean => !found.some(({ fact }) => groupOf(fact) !== undefined);
  const configDirs = factsOf(steps, 'checkout').map(({ fact, step }) => ({ dir: fact.dir, step }));
  const delivered = new Set(edits.map(({ dir }) => dir));
  const removable = (one: ReadStep): boolean => {
    const { unclear, found, step } = one;
    if (unclear !== undefined || kept.has(step.at) || found.some(({ fact }) => fact.is === 'stays')) return false;
    const groups = groupsOf(one);
    if (groups.some((group) => blocked.has(group))) return false;
    const checkout = found.find(({ fact }) => fact.is === 'checkout')?.fact;
    if (checkout?.is === 'checkout') return !blocked.has('deliveries') && delivered.has(checkout.dir);
    if (groups.length > 0) return true;
    // What only prepares goes where there is nothing left that it prepares for.
    return blocked.size < 2 && (found.length > 0 || isPreparing(step));
  };

  for (let again = true; again; ) {
    again = false;
    const staying = steps.filter((one) => !removable(one)).map(({ step, unclear }) => ({ ...step, unclear }));
    const [last] = job.steps.slice(-1);
    const promised = Object.values(job.outputs).join('\n');
    if (last !== undefined)
      staying.push({ ...last, label: "the job's outputs", text: promised, at: job.steps.length, unclear: undefined });
    for (const one of steps.filter(removable)) {
      const user = staying.find((stay) => needs(stay, one, configDirs, images));
      const gives = [...givers].some(([name, at]) => at === one.step.at && usesVariable(images, edits, name));
      if (user === undefined && !gives) continue;
      again = true;
      if (prepares(one) && !(one.found.some(({ fact }) => fact.is === 'checkout') && user !== undefined))
        kept.add(one.step.at);
      else {
        const why = user ? `the step "${user.label}" works with what it makes` : 'a later step needs what it computes';
        const groups = groupsOf(one);
        for (const group of groups.length > 0 ? groups : (['deliveries'] as const)) block(group, whereOf(one), why);
      }
      break;
    }
    // A step that stays and is half understood takes its whole group with it.
    for (const one of steps) {
      const groups = groupsOf(one);
      if (new Set(groups.map((group) => blocked.has(group))).size < 2) continue;
      for (const group of groups) block(group, whereOf(one), 'what else the step does stays');
      again = true;
    }
  }
  const nothing = blocked.size === 2;
  const gone = nothing ? [] : steps.filter(removable);
  return {
    images: blocked.has('images') ? [] : images,
    deliveries: blocked.has('deliveries') ? [] : edits,
    aws: factsOf(steps, 'aws').at(-1)?.fact,
    removed: new Set(gone.map(({ step }) => step.at)),
    doing: gone.filter((one) => groupsOf(one).length > 0),
    left,
  };
}

/** A step that does nothing but get ready what Tagboat needs no more. */
function isPreparing({ uses, run }: Step): boolean {
  return /metadata-action|setup-kustomize/.test(uses ?? '') || /argocd|kustomize|\byq\b/.test(run ?? '');
}

const changesFiles = /\b(?:yq|sed|jq|kustomize|helm|envsubst|perl)\b|\bgit\s+(?:add|commit|push)\b/;
const accounts = /\baws\b|\becr\b|\bs3\b|\bhelm\b|\bkubectl\b|\bterraform\b|\beksctl\b/i;
const pulls = /\bdocker\b|\btrivy\b|\bcosign\b|\bhelm\b|\bimage\b|\bskopeo\b|\bcrane\b/i;

/** Whether a step that stays works with what another one makes. */
function needs(
  stay: Step & Pick<ReadStep, 'unclear'>,
  gone: ReadStep,
  dirs: readonly { dir: string; step: number }[],
  images: readonly FoundImage[],
): boolean {
  const { text, at, uses } = stay;
  const { id } = gone.step;
  if (id !== undefined && new RegExp(`\\bsteps\\.${id}\\.`).test(text)) return true;
  if (at < gone.step.at) return false;
  const facts = gone.found.map(({ fact }) => fact);
  if (facts.some((fact) => fact.is === 'env' && new RegExp(`\\b${fact.name}\\b`).test(text))) return true;
  const isUnclear = stay.unclear !== undefined;
  if (facts.some(({ is }) => is === 'aws')) {
    if ((isUnclear && accounts.test(text)) || uses?.startsWith('aws-actions/') === true) return true;
  }
  if (facts.some(({ is }) => is === 'login') && isUnclear && pulls.test(text)) return true;
  const dir = dirs.find(({ step }) => step === gone.step.at)?.dir;
  if (dir !== undefined && new RegExp(`(?<![\\w-])${literally(dir)}(?![\\w-])`).test(text)) return true;
  if (!facts.some(({ is }) => is === 'build')) return false;
  const names = images
    .map(({ reference }) => plainText(reference.path)?.split('/').at(-1))
    .filter((name) => name !== undefined);
  return (
    stay.unclear !== undefined &&
    (/\bdocker\b|image-ref|image:/.test(text) || names.some((name) => name.length > 3 && text.includes(name)))
  );
}

function usesVariable(images: readonly FoundImage[], deliveries: readonly FoundDelivery[], name: string): boolean {
  const mark = `\uE000variable\t${name}\t`;
  const all = [
    ...images.flatMap(({ refs, build }) => [...refs, ...build.args.map(([, value]) => value)]),
    ...deliveries.flatMap(({ edits }) => edits.map(({ value }) => value)),
  ];
  return all.some((value) => value.includes(mark));
}

const whereOf = ({ step }: ReadStep): Omit<Left, 'why'> => ({ step: step.at, line: step.line });

const always = /^(?:always|success)\(\)$/;
const changed =
  /^steps\.[\w-]+\.(?:(?:outcome|conclusion)\s*==\s*'\w+'|outputs\.[\w-]*change[\w-]*(?:\s*==\s*'?(?:true|1)'?|\s*!=\s*'?(?:false|0|)'?)?)$/;

/** Steps that do one thing under different conditions would do it under one: that is another delivery. */
function conditions(
  steps: readonly ReadStep[],
  groupsOf: (step: ReadStep) => Group[],
  block: (group: Group, at: Omit<Left, 'why'>, why: string) => void,
): void {
  const doing = steps.filter((one) => groupsOf(one).length > 0);
  const all = new Set(doing.map(conditionOf));
  if (all.size <= 1) return;
  for (const one of doing) {
    if (conditionOf(one) === undefined) continue;
    const why = `it runs only if ${conditionOf(one)}, and other steps of the delivery always`;
    for (const group of groupsOf(one)) block(group, whereOf(one), why);
  }
}

/** A step's own condition; that there is something to commit is Tagboat's condition too. */
export function conditionOf({ step, found }: ReadStep): string | undefined {
  const text = step.condition?.replace(/^\$\{\{\s*|\s*\}\}$/g, '').trim();
  const builds = found.some(({ fact }) => groupOf(fact) === 'images');
  return text === undefined || always.test(text) || (!builds && changed.test(text)) ? undefined : text;
}
