import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HoldChange } from '../../plan/holds.ts';
import type { Edit, Person } from '../../plan.ts';
import { isObject, jsonIn } from '../../wire/fields.ts';
import {
  type GitObject,
  isObjectId,
  makeObject,
  type ObjectFormat,
  type ObjectId,
  serialiseCommit,
} from '../../wire/git/pack/object.ts';
import type { Secret } from '../../wire/secret.ts';

/** A change published but not yet landed, with all that another writer needs to land it. */
export interface Intent {
  /** Sorts by the time of publishing: `intentId`. */
  readonly id: string;
  readonly branch: string;
  /** The config repo, as `repoName` has it: a code over the intent holds in no other one. */
  readonly repo?: string | undefined;
  /** The branch's tip when it was published: wherever it has landed, that is since. */
  readonly on?: ObjectId | undefined;
  readonly edits: readonly IntentEdit[];
  /** With the values that are held: where a place has another by now, only its own writer may decide. */
  readonly holds?: HoldChange | undefined;
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
  /** Milliseconds since the epoch, by the writer's clock. */
  readonly publishedAt: number;
  /** After this it is never applied: its job is long gone. */
  readonly expiresAt: number;
}

/** One value to set, and the one it replaces: where the branch holds another by now, only its own writer may decide. */
export interface IntentEdit extends Edit {
  /** Undefined where the path is to be created. */
  readonly expects: string | undefined;
}

/** Larger ones are neither written nor read. */
export const longestIntent = 64 * 1024;

/**
 * The objects of an intent's ref: a commit without parents whose message holds the intent as JSON, and the empty tree.
 * With a key the message ends in a code over the JSON, and readers with the key take no other.
 */
export function writeIntent(
  intent: Intent,
  format: ObjectFormat,
  key: Secret | undefined,
): { commit: GitObject; tree: GitObject } {
  const tree = makeObject(format, 'tree', Buffer.alloc(0));
  const json = JSON.stringify(intent);
  const code = key === undefined ? '' : `\nTagboat-Code: ${codeOf(json, key)}\n`;
  const seconds = Math.floor(intent.publishedAt / 1_000);
  const content = serialiseCommit({
    tree: tree.id,
    parents: [],
    author: { ...intent.author, seconds },
    committer: { ...intent.committer, seconds },
    message: `Tagboat intent ${intent.id}\n\n${json}\n${code}`,
  });
  return { commit: makeObject(format, 'commit', content), tree };
}

/** One name for a config repo however its URL is spelt: its host and path. */
export function repoName(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`.toLowerCase();
}

/** The intent in a commit; undefined for none, a foreign one, or with a key one without its code or of another repo. */
export function readIntent(
  content: Buffer,
  id: string,
  branch: string,
  key: Secret | undefined,
  repo?: string,
): Intent | undefined {
  if (content.byteLength > longestIntent) return undefined;
  const text = content.toString('utf8');
  const [, json = '', code = ''] = text.slice(text.indexOf('\n\n') + 2).split('\n\n');
  if (key !== undefined && !sameCode(code.trim(), `Tagboat-Code: ${codeOf(json.trim(), key)}`)) return undefined;
  const value = jsonIn(json);
  if (!isIntent(value) || value.id !== id || value.branch !== branch) return undefined;
  return key !== undefined && repo !== undefined && value.repo !== repo ? undefined : value;
}

function codeOf(json: string, key: Secret): string {
  return createHmac('sha256', key.reveal()).update(json).digest('hex');
}

function sameCode(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

function isIntent(value: unknown): value is Intent {
  if (!isObject(value)) return false;
  const { id, branch, message, author, committer, edits } = value;
  return (
    [id, branch, message].every((one) => typeof one === 'string') &&
    [value.publishedAt, value.expiresAt].every((one) => Number.isSafeInteger(one)) &&
    (value.repo === undefined || typeof value.repo === 'string') &&
    (value.on === undefined || (typeof value.on === 'string' && isObjectId(value.on))) &&
    isPerson(author) &&
    isPerson(committer) &&
    Array.isArray(edits) &&
    (edits.length > 0 || value.holds !== undefined) &&
    edits.length <= 200 &&
    edits.every(isEdit) &&
    (value.holds === undefined || isHoldChange(value.holds))
  );
}

function isEdit(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { file, path, value: text, create, expects, as, allow } = value;
  return (
    [file, path, text].every((one) => typeof one === 'string') &&
    typeof create === 'boolean' &&
    [expects, as].every((one) => one === undefined || typeof one === 'string') &&
    (allow === undefined || Array.isArray(allow))
  );
}

function isHoldChange(value: unknown): boolean {
  if (!isObject(value) || !Array.isArray(value.places)) return false;
  const { is, places, by, why } = value;
  const holds = is === 'hold';
  const texts = (one: Record<string, unknown>): boolean =>
    [one.file, one.path, ...(holds ? [one.value] : [])].every((text) => typeof text === 'string');
  if (!places.every((place) => isObject(place) && texts(place)) || places.length > 200) return false;
  if (!holds) return is === 'release';
  const optional = [value.until, value.app, value.delivery].every(
    (one) => one === undefined || typeof one === 'string',
  );
  const ends = value.until === undefined || !Number.isNaN(Date.parse(String(value.until)));
  return typeof by === 'string' && typeof why === 'string' && optional && ends;
}

function isPerson(value: unknown): boolean {
  return isObject(value) && typeof value.name === 'string' && typeof value.email === 'string';
}
