import type { Event } from '../../events.ts';
import { beginning } from '../../wire/text/shorten.ts';

/** What a page reads of each event, by the way to it: of what it is, or a list. The rest may be there or not. */
const shapes: { readonly [T in Event['type']]: Readonly<Record<string, 'string' | 'number' | 'list'>> } = {
  'run.started': { command: 'string', version: 'string' },
  notice: { level: 'string', message: 'string', code: 'string' },
  'step.started': { stage: 'string', subject: 'string', message: 'string' },
  'step.finished': { stage: 'string', subject: 'string', message: 'string', seconds: 'number' },
  'image.started': { image: 'string', engine: 'string', why: 'string' },
  'image.log': { image: 'string', line: 'string' },
  'image.progress': { image: 'string', done: 'number', total: 'number', step: 'string' },
  'image.finished': { image: 'string', 'outcome.is': 'string', 'outcome.reference': 'string' },
  'image.failed': { image: 'string', 'error.code': 'string', 'error.message': 'string', log: 'list' },
  'commit.beaten': { delivery: 'string', attempt: 'number', tip: 'string', waitMs: 'number' },
  'commit.previewed': { delivery: 'string', 'preview.diff': 'string' },
  'commit.finished': { delivery: 'string', 'outcome.is': 'string', 'outcome.branch': 'string' },
  'commit.failed': { delivery: 'string', 'error.code': 'string', 'error.message': 'string' },
  'verdict.started': { delivery: 'string', application: 'string', commit: 'string' },
  'verdict.progress': { delivery: 'string', application: 'string', phase: 'string', why: 'string' },
  'verdict.resources': { delivery: 'string', application: 'string', resources: 'list', more: 'number' },
  'verdict.finished': { delivery: 'string', application: 'string', 'verdict.is': 'string', 'verdict.why': 'string' },
  'verdict.failed': { delivery: 'string', 'error.code': 'string', 'error.message': 'string' },
  'rollback.started': { delivery: 'string', commit: 'string', why: 'string' },
  finding: { code: 'string', message: 'string' },
  result: { command: 'string', exitCode: 'number', seconds: 'number', errors: 'list' },
};

/** An event out of one line of a saved run, or what is wrong with it, as the end of a sentence about the line. */
export function readEvent(line: string): Event | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is no JSON';
  }
  const type = at(value, 'type');
  if (typeof type !== 'string') return 'is no event: it has no type';
  if (!Object.hasOwn(shapes, type))
    return `is an event ${JSON.stringify(beginning(type, 40))}, which this version doesn't know`;
  const when = at(value, 'at');
  if (typeof when !== 'string' || Number.isNaN(Date.parse(when))) return `is a ${type} without a time`;
  const lacks = Object.entries(shapes[type as Event['type']]).find(([path, is]) => {
    const found = at(value, path);
    return is === 'list' ? !Array.isArray(found) : typeof found !== is;
  });
  return lacks === undefined ? (value as Event) : `is a ${type} whose ${lacks[0]} is no ${lacks[1]}`;
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}
