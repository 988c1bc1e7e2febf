import { Temporal } from 'temporal-polyfill';
import type { AfterPlan, FrozenDays, OpenHours } from '../../../plan/listed.ts';
import { isFrozen } from '../../shape/delivery/after.ts';

/** Whether something may be promoted at a time, and when it next may. Times are milliseconds since the epoch. */
export type Opening =
  | { readonly is: 'open' }
  | { readonly is: 'closed'; readonly opens: number | undefined; readonly zone: string }
  /** `until`: of the freezes alone. */
  | { readonly is: 'frozen'; readonly freeze: FrozenDays; readonly until: number };

/** Steps from freeze to window to freeze until the next opening is given up: there is none in sight. */
const mostSteps = 200;

/**
 * By what a clock on a wall of the zone shows, whatever was done to it: hours that a clock skips don't open, and hours
 * that it shows twice are open twice. Pure.
 */
export function openingAt({ windows, freezes }: Pick<AfterPlan, 'windows' | 'freezes'>, now: number): Opening {
  const freezeAt = (time: number) =>
    freezes.find((one) => isFrozen(one, wall(time, one.zone).toPlainDate().toString()));
  const freeze = freezeAt(now);
  if (freeze !== undefined) {
    let until = now;
    for (let one = freezeAt(until), step = 0; one !== undefined && step < mostSteps; one = freezeAt(until), step += 1)
      until = endOf(one, until);
    return { is: 'frozen', freeze, until };
  }
  if (windows.length === 0 || windows.some((hours) => isOpen(hours, now))) return { is: 'open' };
  let next: { readonly at: number; readonly zone: string } | undefined = nextHours(windows, now);
  for (let step = 0; next !== undefined && step < mostSteps; step += 1) {
    const { at } = next;
    const frozen = freezeAt(at);
    if (frozen === undefined) return { is: 'closed', opens: at, zone: next.zone };
    const thawed = endOf(frozen, at);
    const open = windows.find((hours) => isOpen(hours, thawed));
    next = open === undefined ? nextHours(windows, thawed) : { at: thawed, zone: open.zone };
  }
  return { is: 'closed', opens: undefined, zone: windows[0]?.zone ?? 'UTC' };
}

function isOpen({ days, from, to, zone }: OpenHours, time: number): boolean {
  const { hour, minute, dayOfWeek } = wall(time, zone);
  const at = hour * 60 + minute;
  const yesterday = dayOfWeek === 1 ? 7 : dayOfWeek - 1;
  if (from < to) return days.includes(dayOfWeek) && from <= at && at < to;
  return (days.includes(dayOfWeek) && at >= from) || (days.includes(yesterday) && at < to);
}

/** When the first of them next opens, within two weeks: a clock may skip the hours of one of them. */
function nextHours(windows: readonly OpenHours[], now: number): { at: number; zone: string } | undefined {
  const found = windows.flatMap((hours) => {
    const here = wall(now, hours.zone);
    const today = here.toPlainDate();
    // Where it is set back or forward it may come into the hours, or back into them.
    const turned = here.getTimeZoneTransition('next')?.epochMilliseconds ?? now;
    const opens = Array.from({ length: 15 }, (_, ahead) => today.add({ days: ahead - 1 }))
      .filter(({ dayOfWeek }) => hours.days.includes(dayOfWeek))
      .flatMap((day) => openingsOn(day, hours))
      .concat(turned)
      .filter((at) => at > now && isOpen(hours, at));
    return opens.length === 0 ? [] : [{ at: Math.min(...opens), zone: hours.zone }];
  });
  return found.toSorted((a, b) => a.at - b.at)[0];
}

/** The moments at which a clock comes to the hour: two where it is set back, and one that it doesn't show where it skips it. */
function openingsOn(day: Temporal.PlainDate, { from, zone }: OpenHours): number[] {
  const local = day.toPlainDateTime({ hour: Math.floor(from / 60), minute: from % 60 });
  return (['earlier', 'later'] as const).map(
    (disambiguation) => local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
  );
}

/** The first moment after the frozen days that a time is in. */
function endOf({ first, last, zone }: FrozenDays, time: number): number {
  const today = wall(time, zone).toPlainDate();
  const isNextYear = first > last && today.toString().slice(5) >= first;
  const [month = 1, day = 1] = last.slice(-5).split('-').map(Number);
  const lastDay =
    last.length > 5
      ? Temporal.PlainDate.from(last)
      : Temporal.PlainDate.from({ year: today.year + (isNextYear ? 1 : 0), month, day });
  return lastDay.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
}

function wall(time: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone);
}
