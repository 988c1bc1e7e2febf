import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePlan } from '../../plan.ts';
import { fullName } from '../../wire/oci/reference.ts';
import { openContext } from '../context/context.ts';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import type { Needed } from '../dockerfile/stages.ts';
import { readPlatform, showPlatform } from '../platform.ts';
import type { ImageRun } from '../run.ts';
import type { Prepared } from './prepare.ts';
import { builderPlatform, takesBuildContexts } from './tool.ts';

/**
 * Why a builder may read something else of an image's input than BuildKit does, by whose rules fingerprints are taken, as
 * a sentence: what it makes must not be reused then. Undefined: it reads the same. docs/fingerprint.md has the table.
 */
export async function whyOtherInput(
  run: ImageRun,
  image: ImagePlan,
  { choice: { engine }, needed, dockerfile }: Prepared,
): Promise<string | undefined> {
  if (engine === 'assemble') return undefined;
  if (engine !== 'buildah' && dockerfile !== undefined && asksForBuilder(image, dockerfile)) {
    const platform = await builderPlatform(image.builder, run);
    if (platform !== 'local' && !isSame(platform, run.machine)) {
      return `its builder may be another machine than this one (${platform ?? 'it does not say which'}), and that counts.`;
    }
  }
  if (engine === 'buildx') return undefined;
  const ignoreFile = await ignoreFileOf(image);
  const odd = ignoreFile === undefined ? undefined : oddPattern(await readFile(ignoreFile, 'utf8').catch(() => ''));
  if (odd !== undefined) return `${engine} may read the pattern ${odd} of ${ignoreFile} in a way of its own.`;
  if (engine === 'docker') return undefined;
  if (await hasOwnIgnoreFile(image)) return 'buildah goes by .containerignore, which other builders do not know.';
  for (const { stage, copies } of needed.stages) {
    for (const one of stage.instructions) {
      const line = `line ${one.at.line}`;
      if (one.is === 'run' && one.mounts.some((mount) => mountsContext(mount, one, copies))) {
        return `buildah mounts the context of ${line} as it is, with what the ignore file leaves out.`;
      }
      if (one.is !== 'copy' && one.is !== 'add') continue;
      const pattern = oddPattern(one.exclude.join('\n')) ?? one.sources.find(({ text }) => text.includes('**'))?.text;
      if (pattern !== undefined) return `buildah may read the pattern ${pattern} of ${line} in a way of its own.`;
    }
  }
  const [short] = shortNames(baseReferences(needed));
  if (short === undefined || (await takesBuildContexts(run))) return undefined;
  return `this buildah decides by itself which registry ${short} comes from.`;
}

/** Whether the builder's own platform decides the result: nobody asks for another one, or the Dockerfile reads it. */
function asksForBuilder({ platforms }: ImagePlan, { stages, globals }: Dockerfile): boolean {
  const texts = [...globals, ...stages, ...stages.flatMap(({ instructions }) => instructions)].map(
    ({ source }) => source,
  );
  return platforms.length === 0 || texts.some((text) => /BUILD(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)/.test(text));
}

function isSame(platform: string | undefined, machine: string): boolean {
  return platform !== undefined && showPlatform(readPlatform(platform)) === showPlatform(readPlatform(machine));
}

/** The names of all images that the needed stages stand on or copy from, as the Dockerfile has them. */
export function baseReferences({ stages }: Needed): string[] {
  const origins = stages.flatMap(({ base, copies }) => [base, ...copies.values()]);
  return [...new Set(origins.flatMap((origin) => (origin.is === 'image' ? [origin.reference] : [])))];
}

/** Of images' names, those without their registry. */
export function shortNames(references: readonly string[]): string[] {
  return references.filter((reference) => {
    const whole = fullName(reference);
    return whole !== undefined && whole !== reference && !/^(?:[^/]*[.:][^/]*|localhost)\//.test(reference);
  });
}

/** Whether the context has an ignore file that buildah alone goes by: it stays the one that counts there. */
export async function hasOwnIgnoreFile({ context }: ImagePlan): Promise<boolean> {
  return (await lstat(join(context, '.containerignore')).catch(() => undefined)) !== undefined;
}

/** The ignore file that applies to an image's context, by BuildKit's rules; undefined when there is none to be read. */
export async function ignoreFileOf({ name, context, dockerfile }: ImagePlan): Promise<string | undefined> {
  // What is wrong with it, its builder says better.
  return (await openContext(name, context, dockerfile).catch(() => undefined))?.ignoreFile;
}

/**
 * The first pattern of an ignore file on which matchers are known to disagree: anything but plain names with at most one
 * `*` in each, whole `**`, and `!` patterns that nothing follows.
 */
function oddPattern(text: string): string | undefined {
  const patterns = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => !line.startsWith('#') && line.trim() !== '');
  const lastOut = patterns.findLastIndex((pattern) => !pattern.trim().startsWith('!'));
  const keeping = patterns.some((pattern) => pattern.trim().startsWith('!'));
  return patterns.find((pattern, at) => {
    const keeps = pattern.startsWith('!');
    const parts = pattern.replace(/^!/, '').replace(/^\//, '').replace(/\/$/, '').split('/');
    const isPlain = parts.every(
      (part) => (part === '**' && !keeping) || /^(?!\.{1,2}$)[\w@+,.~-]*\*?[\w@+,.~-]*$/.test(part),
    );
    return !isPlain || (keeps && at < lastOut);
  });
}

type Copies = Needed['stages'][number]['copies'];
type Run = Extract<Needed['stages'][number]['stage']['instructions'][number], { is: 'run' }>;

function mountsContext(mount: Run['mounts'][number], { source }: Run, copies: Copies): boolean {
  const type = mount.type ?? 'bind';
  const isFrom =
    mount.from !== undefined || [...copies.keys()].some((key) => key.is === 'run' && key.mounts[0] === mount);
  // What has quotes or variables in it may be anything.
  return !isFrom && (type === 'bind' || /["$]/.test(type) || source.includes('"'));
}
