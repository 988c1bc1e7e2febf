import { type ErrorReport, reportOf } from '../../../errors.ts';
import { type Event, emitNotice, type Happening } from '../../../events.ts';
import { sourceBehind } from '../../../plan/listed.ts';
import { badEnds, type DeliveryEnd, type HookPlan } from '../../../plan/outcome.ts';
import type { DeliveryPlan, Source } from '../../../plan.ts';
import { WireFailure } from '../../../wire/failure.ts';
import { limited, withGrace } from '../../../wire/grace.ts';
import { isLoopback } from '../../../wire/oci/reference.ts';
import { Secret } from '../../../wire/secret.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import type { World } from '../../../wire/world.ts';
import { oneLine, printable } from '../../show/printable.ts';
import type { Session } from '../session.ts';
import type { Ending } from '../stopping.ts';
import type { EndedDelivery } from './ends.ts';

interface Delivered {
  readonly source: Source | undefined;
  readonly deliveries: readonly DeliveryPlan[];
}

/** All hooks together, milliseconds: no run waits longer for them. A stopped one waits less, since it is killed soon. */
const inAllMs = 15_000;
const stoppedMs = 1_500;

/**
 * Does the work, and then tells the config's hooks what became of each delivery, and the app repo's pull requests. What they
 * answer changes nothing about the run: a hook that fails is a warning.
 */
export async function withNotifications(
  session: Session,
  plan: Delivered,
  work: (session: Session) => Promise<Ending>,
): Promise<Ending> {
  session.unplanned.length = 0;
  const events: Event[] = [];
  const { clock } = session.world;
  const emit = (happening: Happening): void => {
    if (happening.type !== 'image.log' && happening.type !== 'image.progress')
      events.push({ ...happening, at: new Date(clock.now()).toISOString() });
    session.emit(happening);
  };
  const tell = (errors: readonly ErrorReport[]): Promise<void> => tellAll(session, plan, events, errors);
  try {
    const ending = await work({ ...session, emit });
    const { signal } = session.world;
    await tell([...(signal.aborted ? [reportOf(signal.reason)] : []), ...(ending.errors ?? [])]);
    return ending;
  } catch (error) {
    await tell([reportOf(error)]);
    throw error;
  }
}

/** Tells the hooks that the run failed before it knew what it would do. */
export async function tellUnplanned(session: Session, error: unknown): Promise<void> {
  const { deliveryEndOf } = await import('./ends.ts');
  const report = reportOf(session.world.signal.aborted ? session.world.signal.reason : error);
  for (const { source, deliveries } of session.unplanned.splice(0)) {
    const ends = deliveries.flatMap((delivery) => {
      const end = deliveryEndOf({ name: delivery.name, deploy: undefined }, [], [report]);
      return end === undefined ? [] : [{ delivery, end }];
    });
    await tellHooks(session, source, ends);
  }
}

async function tellAll(
  session: Session,
  { source, deliveries }: Delivered,
  events: readonly Event[],
  errors: readonly ErrorReport[],
): Promise<void> {
  const { command } = session;
  const { deliveryEndOf } = await import('./ends.ts');
  const ends = deliveries.flatMap((delivery) => {
    const end = deliveryEndOf(delivery, events, errors);
    if (end === undefined || (delivery.promotes?.again && end.error?.code === 'PROMOTION_MOVED')) return [];
    // Whoever goes back by hand sees that it was gone back, and not that something was delivered.
    const isBack = command === 'rollback' && (end.is === 'landed' || end.is === 'healthy');
    return [{ delivery, end: isBack ? { ...end, is: 'rolledBack' as const } : end }];
  });
  await Promise.all([
    session.hooks.length > 0 && tellHooks(session, source, ends),
    session.commented.length > 0 && (await import('./live-comment.ts')).commentEnds(session, ends),
  ]);
}

async function tellHooks(session: Session, source: Source | undefined, ends: readonly EndedDelivery[]): Promise<void> {
  const { world, hooks, command, clean } = session;
  const { messageFor } = await import('./message.ts');
  const at = new Date(world.clock.now()).toISOString();
  const run = world.env.GITHUB_RUN_ID ?? world.env.CI_PIPELINE_ID ?? source?.runUrl;
  // The subject is that of what is checked out, which isn't what was promoted.
  const sourceOf = (delivery: EndedDelivery['delivery']) => {
    const of = sourceBehind(delivery, source);
    return of === source ? of : of && { ...of, subject: '', author: { name: '', email: '' } };
  };
  const told = hooks.flatMap((hook) =>
    ends
      .filter(({ delivery, end }) => hook.deliveries?.includes(delivery.name) !== false && isTold(hook, end.is))
      .map(({ delivery, end }) => ({
        hook,
        delivery: delivery.name,
        message: messageFor(hook, { command, delivery, end, source: sourceOf(delivery), at, run }, clean),
      })),
  );
  const ms = world.signal.aborted ? stoppedMs : inAllMs;
  await withGrace(stoppedMs, world, async (grace) => {
    const { signal, over } = limited(grace, ms, 'https://hooks.invalid');
    await Promise.all(
      told.map(({ hook, delivery, message }) =>
        send(world, hook, message, signal).catch((error: unknown) => {
          const why = signal.aborted ? 'there was no time left' : whyOf(error);
          const text = `${hook.variable} wasn't told of ${delivery}: ${printable(why)}.`;
          emitNotice(session.emit, 'warning', 'run', 'HOOK_NOT_TOLD', { variable: hook.variable, delivery }, text);
        }),
      ),
    ).finally(over);
  });
}

function isTold({ on }: HookPlan, is: DeliveryEnd): boolean {
  return on.includes(is) || (on.includes('failed') && badEnds.includes(is));
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = error instanceof WireFailure && error.status !== undefined ? error.peerText : undefined;
  return said ? `${error.message}: ${beginning(oneLine(said), 300)}` : error.message;
}

async function send(
  world: World,
  hook: HookPlan,
  message: { readonly id: string; readonly body: string },
  signal: AbortSignal,
): Promise<void> {
  const url = valueOf(world, hook.variable);
  if (url === undefined) throw new Error('it is not set here');
  const key = hook.secret === undefined ? undefined : valueOf(world, hook.secret);
  if (hook.secret !== undefined && key === undefined)
    throw new Error(`${hook.secret}, which signs it, is not set here`);
  const address = URL.canParse(url.reveal()) ? new URL(url.reveal()) : undefined;
  const isClear = address?.protocol === 'http:' && isLoopback(address.host);
  if (address?.protocol !== 'https:' && !isClear) throw new Error('it is no https URL');
  const { sendToHook } = await import('../../../wire/hook/send.ts');
  await sendToHook(world, { url, key }, message, signal);
}

/** Hides what the hooks' variables hold: whole, and the parts that stand alone in messages. */
export function maskHooks(world: World, hooks: readonly HookPlan[]): void {
  for (const { variable, secret } of hooks) {
    for (const name of [variable, ...(secret === undefined ? [] : [secret])]) valueOf(world, name);
  }
}

function valueOf({ env, mask }: World, name: string): Secret | undefined {
  const value = env[name]?.trim();
  if (!value) return undefined;
  mask(value);
  if (URL.canParse(value)) {
    const { pathname, search, hash, password } = new URL(value);
    // What is shorter stands in other texts too.
    for (const part of [pathname, search, hash, password]) if (part.length >= 8) mask(part);
    for (const part of pathname.split('/')) if (part.length >= 20) mask(part);
  }
  return new Secret(value, name);
}
