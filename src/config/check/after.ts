import { nearestWord } from '../../errors/spelling.ts';
import type { AfterPlan } from '../../plan/listed.ts';
import type { DeliveryConfig } from '../shape/checked.ts';
import { isWholeYear, parseFreeze, parseHours } from '../shape/delivery/after.ts';
import { whyNoSoak } from '../shape/grammar.ts';
import type { DeliveryShape } from '../shape/shape.ts';
import { timeoutOf } from '../shape/timeout.ts';
import type { Checks } from './checks.ts';

/** Whose values a delivery gets by promotion, and when; undefined where runs deliver there. */
export function checkAfter(name: string, raw: DeliveryShape, checks: Checks): AfterPlan | undefined {
  const at = (...steps: (string | number)[]) => ['deliveries', name, ...steps];
  const { after, soak } = raw;
  if (after === undefined) {
    if (raw.from === undefined)
      checks.missing(at('from'), 'it says what delivers here (or `after`, whose values are promoted here)');
    for (const key of ['soak', 'windows', 'freeze'] as const)
      if (raw[key] !== undefined)
        checks.refuse(at(key), 'goes with `after`, which says whose values are promoted', 'key');
    return undefined;
  }
  if (raw.from !== undefined)
    checks.refuse(
      at('from'),
      'stands beside `after`: what is promoted here comes from there, and no run delivers it',
      'key',
    );
  if (raw.write !== undefined)
    checks.refuse(at('write'), 'is for what runs deliver: a promotion sets values alone', 'key');
  for (const key of ['message', 'trailers'] as const)
    if (raw[key] !== undefined) checks.refuse(at(key), 'is for what runs deliver: a promotion writes its own', 'key');
  for (const key of ['title', 'body'] as const)
    if (raw.pullRequest?.[key] !== undefined)
      checks.refuse(at('pullRequest', key), 'is for what runs deliver: a promotion writes its own', 'key');
  if (soak !== undefined) checks.mustBe(at('soak'), whyNoSoak(soak));
  /** Each of a text or a list, at its place, those left out that aren't right. */
  const each = <T extends object>(
    key: 'windows' | 'freeze',
    parse: (text: string) => T | { readonly why: string },
  ): T[] => {
    const value = raw[key];
    return [value ?? []].flat().flatMap((text, index) => {
      const found = parse(text);
      if (!('why' in found)) return [found];
      checks.mustBe(typeof value === 'string' ? at(key) : at(key, index), found.why);
      return [];
    });
  };
  const windows = each('windows', parseHours);
  const zones = new Set(windows.map(({ zone }) => zone));
  const freezes = each('freeze', (text) => parseFreeze(text, zones.size === 1 ? [...zones][0] : undefined));
  if (isWholeYear(freezes))
    checks.refuse(at('freeze'), 'leaves no day of the year: nothing would ever be promoted', 'key');
  return { name: after, soakMs: soak === undefined ? 0 : timeoutOf(soak), windows, freezes };
}

/** Refuses what nothing could ever be promoted by: no such delivery, or a circle. */
export function checkChains(deliveries: readonly DeliveryConfig[], checks: Checks): void {
  const before = new Map(deliveries.map(({ name, after }) => [name, after?.name]));
  const told = new Set<string>();
  for (const [name, after] of before) {
    if (after === undefined) continue;
    const at = ['deliveries', name, 'after'];
    if (!before.has(after)) {
      const guess = nearestWord(after, [...before.keys()]);
      checks.mustBe(at, `another delivery of this file${guess === undefined ? '' : ` (did you mean ${guess}?)`}`);
    } else if (after === name) checks.refuse(at, 'is the delivery itself');
    else {
      const circle = circleOf(name, before);
      if (circle !== undefined && !told.has(name)) checks.refuse(at, `goes in a circle: ${circle.join(' after ')}`);
      for (const one of circle ?? []) told.add(one);
    }
  }
}

/** The way from a delivery back to itself. */
function circleOf(name: string, before: ReadonlyMap<string, string | undefined>): string[] | undefined {
  const way = [name];
  for (let at = before.get(name); at !== undefined && way.length <= before.size; at = before.get(at)) {
    way.push(at);
    if (at === name) return way;
  }
  return undefined;
}
