import { describe, expect, it } from 'vitest';
import { pendingValue } from '../src/config/plan/digests.ts';
import { TagboatError } from '../src/errors.ts';
import type { Happening } from '../src/events.ts';
import type { Verdict } from '../src/plan/deploy.ts';
import type { CommitOutcome, ImagePushed } from '../src/plan/outcome.ts';
import type { DeliveryPlan, Edit, ImagePlan, RunPlan } from '../src/plan.ts';
import { type Stages, ship } from '../src/ship.ts';

const image = (name: string) => ({ name }) as ImagePlan;
const delivery = (name: string, repo = name, branch = 'main') =>
  ({ name, repo, branch, edits: [] as readonly Edit[] }) as DeliveryPlan;
const plan = (images: ImagePlan[], deliveries: DeliveryPlan[]): RunPlan => ({
  source: undefined,
  aws: undefined,
  images,
  deliveries,
});
const built = ({ name }: ImagePlan): ImagePushed => ({
  is: 'built',
  name,
  reference: `r/${name}:1`,
  digest: 'sha256:1',
  engine: 'assemble',
  why: '',
  seconds: 0,
});
const landed = ({ name, repo, branch }: DeliveryPlan): CommitOutcome => ({
  is: 'landed',
  delivery: name,
  repo,
  branch,
  commit: 'c',
  parent: 'p',
  changes: [],
  diff: '',
  attempts: 1,
});
const fine: Stages = {
  checkImage: async () => undefined,
  checkDelivery: async () => ({}),
  checkApplications: async () => undefined,
  build: async (each) => built(each),
  land: async (each) => landed(each),
  watch: async () => [],
  rollBack: async () => undefined,
};
const interrupted = (signal = 'SIGINT') => new TagboatError('INTERRUPTED', { signal });

function run(which: RunPlan, stages: Partial<Stages>, jobs = 2, signal = new AbortController().signal) {
  const events: Happening[] = [];
  const result = ship(which, { ...fine, ...stages }, (event) => events.push(event), { jobs, signal });
  return { result, events };
}

it('builds every image, then lands every delivery with the pushed images in hand', async () => {
  const order: string[] = [];
  const { result } = run(plan([image('app'), image('web')], [delivery('prod')]), {
    build: async (each) => {
      order.push(each.name);
      return built(each);
    },
    land: async (each, images) => {
      order.push(`${each.name} with ${images.map(({ name }) => name).join(' and ')}`);
      return landed(each);
    },
  });
  expect(await result).toMatchObject({ exitCode: 0, changed: true, errors: [] });
  expect(order).toEqual(['app', 'web', 'prod with app and web']);
});

it('builds nothing when a check finds a fault, and reports every fault found', async () => {
  const { result } = run(plan([image('app')], [delivery('prod')]), {
    checkImage: async () => Promise.reject(interrupted('one')),
    checkDelivery: async () => Promise.reject(interrupted('two')),
    build: async () => Promise.reject(new Error('must not be reached')),
  });
  const { errors, images, exitCode } = await result;
  expect(errors.map(({ message }) => message)).toEqual(['Interrupted by one.', 'Interrupted by two.']);
  expect({ images, exitCode }).toEqual({ images: [], exitCode: 130 });
});

describe('a delivery that is superseded before anything is built', () => {
  const tagged = (name: string) =>
    ({ ...image(name), tag: `${name}-1`, repository: name, registry: { host: 'r' } }) as ImagePlan;
  const taking = (name: string, ...values: string[]) =>
    ({ ...delivery(name), edits: values.map((value) => ({ value }) as Edit) }) as DeliveryPlan;
  const end = { by: 'f'.repeat(40), why: 'newer' };
  const over = ({ name, repo, branch }: DeliveryPlan) =>
    ({ is: 'superseded', delivery: name, repo, branch, ...end }) as const;
  const never = async () => Promise.reject(new Error('must not be reached'));

  it('ends as that, and what it would take is not built', async () => {
    const one = { ...taking('prod', 'app-1', pendingValue('digest', 'web')), deploy: {} } as DeliveryPlan;
    const { result, events } = run(plan([tagged('app'), tagged('web')], [one]), {
      checkDelivery: async (each) => ({ instead: over(each) }),
      // What won't be used can't stand in the way.
      checkImage: never,
      checkApplications: never,
      build: never,
      land: never,
      watch: never,
    });
    const skipped = { is: 'skipped', why: expect.stringContaining('prod by ffffffffffff') };
    expect(await result).toMatchObject({
      ...{ exitCode: 0, changed: false, errors: [], commits: [{ is: 'superseded', ...end }] },
      images: [
        { ...skipped, name: 'app', reference: 'r/app:app-1' },
        { ...skipped, name: 'web' },
      ],
    });
    expect(events.map(({ type }) => type)).toEqual(['image.finished', 'image.finished', 'commit.finished']);
  });

  it('leaves alone what another delivery takes, or none names', async () => {
    const work: string[] = [];
    const deliveries = [taking('old', 'app-1', 'web-1'), taking('new', 'r/web:web-1')];
    const { result } = run(plan([tagged('app'), tagged('web'), tagged('docs')], deliveries), {
      checkDelivery: async (each) => (each.name === 'old' ? { instead: over(each) } : {}),
      build: async (each) => {
        work.push(each.name);
        return built(each);
      },
      land: async (each, pushed) => {
        work.push(`${each.name} with ${pushed.map(({ name }) => name).join(' and ')}`);
        return landed(each);
      },
    });
    const { images, commits } = await result;
    expect(work).toEqual(['web', 'docs', 'new with web and docs']);
    expect(images.map(({ is }) => is)).toEqual(['skipped', 'built', 'built']);
    expect(commits.map(({ is }) => is)).toEqual(['superseded', 'landed']);
  });

  it('is another thing than one that is held: that image is wanted once the hold ends', async () => {
    const held = { by: 'ops', why: 'incident', until: undefined };
    const heldBy = ({ name, repo, branch }: DeliveryPlan) =>
      ({ is: 'held', delivery: name, repo, branch, ...held }) as const;
    const { result } = run(plan([tagged('app')], [taking('prod', 'app-1')]), {
      checkDelivery: async (each) => ({ instead: heldBy(each) }),
      land: async (each) => heldBy(each),
    });
    expect(await result).toMatchObject({ images: [{ is: 'built' }], commits: [{ is: 'held' }] });
  });

  it('hides no fault of another one', async () => {
    const { result } = run(plan([tagged('app')], [taking('old', 'app-1'), taking('new', 'other')]), {
      checkDelivery: async (each) => (each.name === 'old' ? { instead: over(each) } : Promise.reject(interrupted())),
    });
    expect(await result).toMatchObject({ exitCode: 130, errors: [{ code: 'INTERRUPTED' }], images: [], commits: [] });
  });
});

describe('the applications of a run', () => {
  const followed = (name: string) => ({ ...delivery(name), deploy: {} }) as DeliveryPlan;
  const verdict = (is: 'healthy' | 'timedOut'): Verdict => ({
    ...{ delivery: 'prod', application: 'shop', commit: 'c', revision: 'c', why: '', seconds: 1 },
    ...(is === 'healthy' ? { is } : { is, reasons: [] }),
  });

  it('are watched for the commit that landed, or for the tip that says so already', async () => {
    const seen: string[] = [];
    const { result } = run(plan([], [followed('prod'), followed('test'), delivery('unwatched')]), {
      land: async (each) => (each.name === 'test' ? { ...landed(each), is: 'unchanged', tip: 't' } : landed(each)),
      watch: async (each, outcome) => {
        seen.push(`${each.name} ${outcome.is}`);
        return [verdict('healthy')];
      },
    });
    expect(await result).toMatchObject({ exitCode: 0, verdicts: [{ is: 'healthy' }, { is: 'healthy' }], errors: [] });
    expect(seen).toEqual(['prod landed', 'test unchanged']);
  });

  it('are not watched when a newer commit decided, or somebody holds it', async () => {
    const held = { by: 'ops', why: 'incident', until: undefined };
    const { result } = run(plan([], [followed('a'), followed('b')]), {
      land: async ({ name, repo, branch }) => ({
        ...held,
        is: name === 'a' ? 'superseded' : 'held',
        delivery: name,
        repo,
        branch,
      }),
      watch: async () => Promise.reject(new Error('must not be reached')),
    });
    expect(await result).toMatchObject({ exitCode: 0, verdicts: [] });
  });

  it('that don’t get well decide the exit code, and the commit that landed is still told', async () => {
    const { result } = run(plan([], [followed('prod')]), {
      watch: async () => [verdict('healthy'), verdict('timedOut')],
    });
    expect(await result).toMatchObject({
      exitCode: 8,
      changed: true,
      commits: [{ is: 'landed' }],
      errors: [{ code: 'APPLICATION_TIMED_OUT' }],
    });
  });

  it('that come out unhealthy are rolled back where that is wanted, and the run fails all the same', async () => {
    const asked: string[] = [];
    const wanted = (name: string, onUnhealthy: 'fail' | 'rollback') =>
      ({ ...delivery(name), deploy: { onUnhealthy } }) as DeliveryPlan;
    const bad: Verdict = { ...verdict('timedOut'), is: 'degraded', reasons: [] };
    const { result } = run(plan([], [wanted('a', 'rollback'), wanted('b', 'fail'), wanted('c', 'rollback')]), {
      watch: async ({ name }) => [name === 'c' ? verdict('timedOut') : bad],
      rollBack: async (each) => {
        asked.push(each.name);
        return { commit: landed(each), verdicts: [verdict('healthy')] };
      },
    });
    expect(await result).toMatchObject({ exitCode: 7, rollbacks: [{ commit: { is: 'landed' } }] });
    expect(asked).toEqual(['a']);
  });

  it('that can’t be watched stop the run before anything is pushed', async () => {
    const { result } = run(plan([image('app')], [followed('prod')]), {
      checkApplications: async () => Promise.reject(interrupted()),
      build: async () => Promise.reject(new Error('must not be reached')),
    });
    expect(await result).toMatchObject({ images: [], commits: [], errors: [{ code: 'INTERRUPTED' }] });
  });
});

it('reports both of two failing images and lands nothing', async () => {
  const { result } = run(plan([image('a'), image('b'), image('c')], [delivery('prod')]), {
    build: async (each) => (each.name === 'b' ? built(each) : Promise.reject(interrupted(each.name))),
    land: async () => Promise.reject(new Error('must not be reached')),
  });
  const { errors, images, commits } = await result;
  expect(errors).toHaveLength(2);
  expect(images.map(({ name }) => name)).toEqual(['b']);
  expect(commits).toEqual([]);
});

it('reports each delivery on its own, whatever another does', async () => {
  const { result, events } = run(plan([], [delivery('one'), delivery('two'), delivery('three')]), {
    land: async (each) => (each.name === 'two' ? Promise.reject(interrupted()) : landed(each)),
  });
  const { commits, errors, exitCode, changed } = await result;
  expect(commits.map((commit) => commit.delivery)).toEqual(['one', 'three']);
  expect(errors).toHaveLength(1);
  expect({ exitCode, changed }).toEqual({ exitCode: 130, changed: true });
  expect(events.map(({ type }) => type).sort()).toEqual(['commit.failed', 'commit.finished', 'commit.finished']);
});

it('lands two deliveries to one branch one after the other', async () => {
  let busy = 0;
  let most = 0;
  const { result } = run(plan([], [delivery('one', 'repo'), delivery('two', 'repo')]), {
    land: async (each) => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy -= 1;
      return landed(each);
    },
  });
  expect((await result).commits).toHaveLength(2);
  expect(most).toBe(1);
});

it('never builds more images at once than asked', async () => {
  let busy = 0;
  let most = 0;
  const { result } = run(plan(['a', 'b', 'c', 'd', 'e'].map(image), []), {
    build: async (each) => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy -= 1;
      return built(each);
    },
  });
  expect((await result).images.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(most).toBe(2);
});

it('starts nothing more once it is told to stop, and ends with the reason', async () => {
  const stop = new AbortController();
  const started: string[] = [];
  const { result } = run(
    plan(['a', 'b', 'c'].map(image), [delivery('prod')]),
    {
      build: async (each) => {
        started.push(each.name);
        stop.abort(interrupted());
        return built(each);
      },
    },
    1,
    stop.signal,
  );
  await expect(result).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(started).toEqual(['a']);
});
