import type { Hold } from '../../plan/holds.ts';
import { at, jsonIn } from '../../wire/fields.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { starPattern } from '../../wire/text/pattern.ts';
import { holdsAt } from '../holds/holds.ts';
import { queueListFile } from '../repo/layout.ts';
import type { Intent } from './intent.ts';

/**
 * What a writer without the queue's key lands for others with its own rights. Whoever may push a ref can publish an
 * intent, in anybody's name: only values that are there already, only in files that this writer is about to write
 * itself or that the config repo lists, and nobody's hold is touched. Pure.
 */

/** Files that decide what runs, with whose rights: no intent of somebody else's gets into them. */
const powerful = [
  /(^|\/)\.(github|gitea|forgejo|gitlab|circleci|buildkite|woodpecker|drone|tekton|tagboat|git)(\/|$)/i,
  /(^|\/)\.?(gitlab-ci|drone|woodpecker|travis|azure-pipelines|bitbucket-pipelines|cloudbuild|buildspec|appveyor|tagboat)[^/]*\.ya?ml$/i,
  /(^|\/)(Jenkinsfile[^/]*|CODEOWNERS|\.gitattributes|\.gitmodules)$/i,
];

/** The files that a config repo lists for its writers, as patterns: `*` is anything up to a slash, `**` anything at all. */
export function listedFiles(snapshot: Snapshot): readonly RegExp[] | 'unreadable' {
  const found = snapshot.files.get(queueListFile);
  if (found?.is !== 'file') return [];
  const list = jsonIn(found.blob.content.toString('utf8'));
  const files = at(list, 'files');
  if (at(list, 'version') !== 1 || !Array.isArray(files) || files.length > 1_000) return 'unreadable';
  return files.every((one) => typeof one === 'string' && one.length <= 1_000) ? files.map(patternOf) : 'unreadable';
}

/** Whether this writer, whose own change touches `ours`, lands somebody else's intent on a tip with these holds. */
export function mayLand(
  intent: Intent,
  { keyed, ours, listed }: { keyed: boolean; ours: ReadonlySet<string>; listed: readonly RegExp[] },
  holds: readonly Hold[],
  now: number,
): boolean {
  const places = intent.holds?.places ?? [];
  const files = [...intent.edits, ...places].map(({ file }) => file);
  // The holds have a way of their own, which is asked who may change them.
  if (intent.edits.some(({ file }) => /^\.tagboat(\/|$)/i.test(file))) return false;
  if (keyed) return true;
  if (files.some((file) => powerful.some((pattern) => pattern.test(file)))) return false;
  if (!files.every((file) => ours.has(file) || listed.some((pattern) => pattern.test(file)))) return false;
  if (intent.edits.some(({ expects }) => expects === undefined)) return false;
  if (intent.holds === undefined) return true;
  return intent.holds.is === 'hold' && holdsAt(holds, places, now).length === 0;
}

function patternOf(text: string): RegExp {
  return starPattern(text.endsWith('/') ? `${text}**` : text);
}
