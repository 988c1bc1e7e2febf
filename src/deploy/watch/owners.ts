import type { Application, ApplicationOwner, ArgoCd } from '../../wire/argocd/types.ts';
import { listAt, textAt } from '../../wire/fields.ts';
import { literally } from '../../wire/text/pattern.ts';
import { refOf } from '../observe/find.ts';
import { carries, covers, reads } from '../observe/sources.ts';
import type { Carrier } from '../verdict/question.ts';
import type { Changed } from './children.ts';
import { type Watched, type WatchResult, watchApplication } from './watch.ts';

/** What an application's owner means for its verdict. */
export interface Owned {
  /** Who has to carry what was set into the application's sources first. */
  readonly carrier: Carrier | undefined;
  /** What became of the owner, where ours couldn't be applied to it. */
  readonly failed: WatchResult | undefined;
  /** Why the application's manifests may not be made of what was set. */
  readonly unread: string | undefined;
}

/** What made the applications, which must have our commit before them. */
export interface Owners {
  /** Waits until the application's owner has applied our commit, where that is what may change the application. */
  of(application: Application): Promise<Owned>;
  /** This one has ours: what it makes of others is made. */
  applied(application: Application): void;
}

/** Owners of owners are waited for before them, so deep at most. */
const deepest = 5;

/** Nothing is asked yet; what was found of an owner holds for all that it owns. */
export function createOwners(delivery: Omit<Watched, 'app' | 'found'> & Changed): Owners {
  const { argocd, followed, emit, question } = delivery;
  const { files } = delivery.search;
  const known = new Map<string, Promise<WatchResult | undefined>>();
  const keyOf = ({ namespace, name }: Application) => `${namespace}/${name}`;

  const of = async (application: Application, depth = 0): Promise<Owned> => {
    const { owner } = application;
    const own = reads(application, followed, files);
    const taken = own || covers(application, followed, files, await delivery.search.bases(application));
    const unread = taken ? undefined : `${files.join(', ')} isn't among its sources`;
    const nothing: Owned = { carrier: undefined, failed: undefined, unread };
    if (owner === undefined || depth > deepest) return nothing;
    if (owner.kind === 'ApplicationSet') {
      const read = await generatorFiles(argocd, owner, files);
      const carried = read ?? (own ? [] : files);
      return carried.length === 0 ? nothing : { ...nothing, carrier: carrierOf(application, owner, delivery, carried) };
    }
    const above = await argocd
      .application({ name: owner.name, namespace: owner.namespace ?? application.namespace })
      .catch(() => undefined);
    if (above === undefined)
      return own ? nothing : { ...nothing, carrier: carrierOf(application, owner, delivery, files) };
    const changes = covers(above, followed, files, await delivery.search.bases(above)) || above.owner !== undefined;
    if (!changes) return own ? nothing : { ...nothing, carrier: carrierOf(application, owner, delivery, files) };
    const found = known.get(keyOf(above)) ?? applied(above, application.name, depth);
    known.set(keyOf(above), found);
    return { ...nothing, failed: await found };
  };

  /** Until ours is applied to an owner, whatever its own health. */
  const applied = async (above: Application, below: string, depth: number): Promise<WatchResult | undefined> => {
    const { carrier, failed } = await of(above, depth + 1);
    if (failed !== undefined) return failed;
    const result = await watchApplication({
      ...delivery,
      app: refOf(above),
      found: above,
      question: { ...question, carrier, applied: true },
      emit: (event) => {
        if (event.type !== 'verdict.progress') return emit(event);
        emit({ ...event, application: below, why: `its owner ${above.name}: ${event.why}` });
      },
    });
    return result.health === 'healthy' ? undefined : { ...result, why: `its owner ${above.name}: ${result.why}` };
  };
  return {
    of,
    applied: (application) => {
      known.set(keyOf(application), Promise.resolve(undefined));
    },
  };
}

/** What must be found in an application's sources: the values that name the run's images, or else the longest one. */
function carrierOf(
  { settings }: Application,
  { kind, name }: ApplicationOwner,
  { changes, images }: Changed,
  files: readonly string[],
): Carrier {
  const values = changes
    .filter(({ file, before }) => files.includes(file) && (before === undefined || carries(settings, [before])))
    .map(({ after }) => after);
  const ofImages = values.filter((value) => images.some((image) => image.includes(value)));
  const longest = [...values].sort((a, b) => b.length - a.length).slice(0, 1);
  return { name: `${kind} ${name}`, values: ofImages.length > 0 ? ofImages : longest };
}

/** Those of the files that an ApplicationSet's generators read; undefined where it may not be seen. */
async function generatorFiles(
  argocd: ArgoCd,
  owner: ApplicationOwner,
  files: readonly string[],
): Promise<string[] | undefined> {
  const set = await argocd.applicationSet(owner.name, owner.namespace).catch(() => undefined);
  if (set === undefined) return undefined;
  const patterns: string[] = [];
  JSON.stringify(set, (key, value: unknown) => {
    if (key === 'files') patterns.push(...listAt({ value }, 'value').map((one) => textAt(one, 'path')));
    return value;
  });
  const matchers = patterns.filter((one) => one !== '').map(matcher);
  return files.filter((file) => matchers.some((one) => one.test(file)));
}

/** A generator's pattern: `*` within a folder, `**` through folders, `{a,b}` and `?`. */
function matcher(pattern: string): RegExp {
  const source = pattern.replace(/^\/+/, '').replace(/\*\*\/|\*\*|\*|\?|\{[^}]*\}|[^*?{]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1) return `(?:${part.slice(1, -1).split(',').map(literally).join('|')})`;
    return literally(part);
  });
  return new RegExp(`^${source}$`);
}
