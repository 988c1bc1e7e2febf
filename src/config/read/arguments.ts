import { isError, TagboatError, usageError } from '../../errors.ts';
import { scanPath } from '../../plan/path.ts';
import { isSpeltAs } from '../../plan/value.ts';
import type { Edit, Person } from '../../plan.ts';
import { person, whyNoImage, whyNoPerson, whyNoRepoFile } from '../shape/grammar.ts';
import { readRepoUrl } from './repo.ts';

/** `--set FILE:PATH=VALUE`, such as `main/values.yaml:.front.imageTag=3f2c1d0`. Throws USAGE, PATH_SYNTAX_INVALID. */
export function parseSet(argument: string): Edit {
  const split = /:(?=\.|\[|doc\[)/.exec(argument);
  if (split === null) {
    const column = Math.max(argument.search(/[:=]/), 0);
    throw wrong(
      '--set',
      argument,
      column,
      '--set takes FILE:PATH=VALUE, such as main/values.yaml:.front.imageTag=3f2c1d0.',
    );
  }
  const file = argument.slice(0, split.index);
  const why = whyNoRepoFile(file);
  if (why !== undefined) throw wrong('--set', argument, 0, `The file in --set must be ${why}.`);
  return { file, ...parseAssignment('--set', argument, split.index + 1), create: false };
}

/** `--image NAME=REFERENCE`, such as `app=ghcr.io/acme/app:v1`. Throws USAGE. */
export function parseImages(given: readonly string[]): Readonly<Record<string, string>> {
  const pairs = given.map((argument) => {
    const at = argument.indexOf('=');
    const name = argument.slice(0, Math.max(at, 0));
    if (name === '')
      throw wrong('--image', argument, 0, '--image takes NAME=REFERENCE, such as app=ghcr.io/acme/app:v1.');
    const why = whyNoImage(argument.slice(at + 1));
    if (why !== undefined) throw wrong('--image', argument, at + 1, `The image in --image must be ${why}.`);
    return [name, argument.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

/** `--path FILE:PATH`, such as `main/values.yaml:.front.imageTag`. Throws USAGE, PATH_SYNTAX_INVALID. */
export function parsePlace(argument: string): Pick<Edit, 'file' | 'path'> {
  const split = /:(?=\.|\[|doc\[)/.exec(argument);
  if (split === null) {
    throw wrong('--path', argument, 0, '--path takes FILE:PATH, such as main/values.yaml:.front.imageTag.');
  }
  const file = argument.slice(0, split.index);
  const why = whyNoRepoFile(file);
  if (why !== undefined) throw wrong('--path', argument, 0, `The file in --path must be ${why}.`);
  const end = endOfPath('--path', argument, split.index + 1);
  if (end !== argument.length) throw wrong('--path', argument, end, 'Something follows the path in --path.');
  return { file, path: argument.slice(split.index + 1) };
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `--until`: `7d`, `12h`, or a day or time of ISO 8601 (UTC where none is said). Answers ISO 8601. Throws USAGE. */
export function parseUntil(text: string, now: number): string {
  const end = timeIn(text, now, 1);
  if (end === undefined) {
    throw wrong('--until', text, 0, '--until takes a time from now (30m, 12h, 7d, 2w) or a day (2030-01-31).');
  }
  if (end <= now) throw wrong('--until', text, 0, `--until ${text} is over already.`);
  return new Date(end).toISOString();
}

/** `--since`: the same, back from now. Answers milliseconds since the epoch. Throws USAGE. */
export function parseSince(text: string, now: number): number {
  const begin = timeIn(text, now, -1);
  if (begin !== undefined && begin <= now) return begin;
  throw wrong('--since', text, 0, '--since takes a time back from now (12h, 14d, 2w) or a day that was (2026-01-31).');
}

function timeIn(text: string, now: number, direction: 1 | -1): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return now + direction * Number(count) * (units[unit ?? ''] ?? 0);
  const iso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const zoned = /T.*(?:Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const time = iso ? Date.parse(zoned) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** `PATH=VALUE`, such as `.front.imageTag=3f2c1d0`. Throws USAGE, PATH_SYNTAX_INVALID. */
export function parseEditArgument(argument: string): Assignment {
  return parseAssignment('PATH=VALUE', argument, 0);
}

type Assignment = Pick<Edit, 'path' | 'value' | 'as'>;

function parseAssignment(name: string, argument: string, start: number): Assignment {
  const end = endOfPath(name, argument, start);
  if (argument.startsWith(':=', end)) return { path: argument.slice(start, end), ...typed(name, argument, end + 2) };
  if (argument[end] !== '=') {
    const problem =
      end === argument.length ? 'has no "=" after the path' : 'has something other than "=" after the path';
    throw wrong(name, argument, end, `${name} ${problem}: ${argument.slice(start, end)}=VALUE.`);
  }
  const [path, value] = [argument.slice(start, end), argument.slice(end + 1)];
  if (value === '""' || value === "''") return { path, value: '' };
  const fault = faultOf(value);
  if (fault !== undefined) throw wrong(name, argument, end, `The value in ${name} ${fault(path)}.`);
  return { path, value };
}

/** What a value can hardly be meant to be. */
function faultOf(value: string): ((path: string) => string) | undefined {
  if (value.trim() === '') {
    return (path) => `is empty, as a variable is that nobody set; to set an empty text, write ${path}=""`;
  }
  if (/^(["']).*\1$/s.test(value)) {
    return (path) =>
      `has quotes around it, which would become a part of it; leave them out, or write ${path}:="…" with the text as JSON has it`;
  }
  if (/^\w[\w./:@-]*[:@]$|^[\w./-]+:@|^\w[\w.-]*\/\//.test(value)) {
    return (path) =>
      `ends where an image's tag or digest should follow, as where a variable is empty; to mean this text, write ${path}:="…" with it as JSON has it`;
  }
  return undefined;
}

/** What follows `:=`, JSON's number, boolean or text. */
function typed(name: string, argument: string, start: number): Pick<Edit, 'value' | 'as'> {
  const text = argument.slice(start);
  for (const as of ['number', 'boolean'] as const) if (isSpeltAs(as, text)) return { value: text, as };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return { value, as: 'text' };
  } catch {
    // Told below, as other JSON is.
  }
  const problem = `After := in ${name} comes a number without exponent (3, 0.5), true, false or a text in JSON's quotes; other text is set with =.`;
  throw wrong(name, argument, start - 1, problem);
}

function endOfPath(name: string, argument: string, start: number): number {
  try {
    return scanPath(argument, start).end;
  } catch (error) {
    if (!isError(error, 'PATH_SYNTAX_INVALID')) throw error;
    const at = error.data.column - 1;
    const path = argument.slice(start, at + 1);
    const data = { ...error.data, path, column: at - start + 1 };
    throw new TagboatError('PATH_SYNTAX_INVALID', data, placeIn(name, argument, at));
  }
}

/** `--repo`: an http(s) URL, or owner/name for one on `server` (GitHub's URL, by default). Throws USAGE. */
export function parseRepo(text: string, server?: string): string {
  const repo = readRepoUrl(text, server);
  if ('url' in repo) return repo.url;
  throw usageError(`--repo must be ${repo.why}.`);
}

/** `--author`: `Name <mail>`. Throws USAGE. */
export function parseAuthor(text: string): Person {
  const why = whyNoPerson(text);
  const [, name = '', email = ''] = person.exec(text) ?? [];
  if (why !== undefined) throw usageError(`--author must be ${why}.`);
  return { name: name.trim(), email };
}

function wrong(name: string, argument: string, at: number, problem: string): TagboatError {
  return new TagboatError('USAGE', { problem, command: undefined }, placeIn(name, argument, at));
}

/** The argument up to the fault: what comes after may be a value that nobody wants to see. */
function placeIn(name: string, argument: string, at: number) {
  return { place: { file: name, column: at + 1, text: argument.slice(0, at + 1) } };
}
