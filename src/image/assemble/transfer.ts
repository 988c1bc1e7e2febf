import { type Place, TagboatError } from '../../errors.ts';
import type { Context } from '../context/context.ts';
import { readExcludes } from '../context/dockerignore.ts';
import { heredocText } from '../dockerfile/dockerfile.ts';
import { expand } from '../dockerfile/expand.ts';
import { isFetched } from '../dockerfile/fetched.ts';
import type { Said } from '../dockerfile/instruction.ts';
import { Misread } from '../dockerfile/invalid.ts';
import { archiveKind, unpackArchive } from '../layer/archive.ts';
import { readChmod } from '../tree/chmod.ts';
import { findOwner, isNamedOwner, type Owner } from '../tree/owner.ts';
import { createRootfs, type Rootfs } from '../tree/rootfs.ts';
import { type Dir, dirOf, type Node, type Parts, partsOf, pathOf } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';
import { destination, fill, type Progress, type StageScope } from './apply.ts';
import { copyOne, findSource, overlay, type Writing } from './copy.ts';
import { findSources, sourcePath } from './sources.ts';

/** What COPY and ADD work with. */
export interface Transferring {
  readonly rootfs: Rootfs;
  readonly progress: Progress;
  readonly scope: StageScope;
  readonly context: Context;
  /** What `--from` names, with its files; undefined for the context. `context` is there for a context by its name. */
  readonly from: { readonly name: string; readonly root: Dir; readonly context?: Context } | undefined;
  readonly workspace: Workspace;
  readonly place: (at: { line: number; column: number }) => Place;
  /** Says something that deserves attention. */
  readonly warn: (message: string) => void;
}

const bareMeta = { mode: 0o755, uid: 0, gid: 0, mtime: undefined };

/** Does what a COPY or ADD says. Throws COPY_SOURCE_MISSING, CONTEXT_OUTSIDE, ASSEMBLE_NEEDS_BUILDER, ARCHIVE_INVALID, Blocked, Misread. */
export async function transfer(instruction: Said<'copy'> | Said<'add'>, t: Transferring): Promise<void> {
  const { progress, scope } = t;
  const place = t.place(instruction.at);
  const needs = (what: string) => new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs: what }, { place });
  const dest = destination(fill(instruction.dest.text, progress, scope), progress);
  const chmod = fill(instruction.chmod ?? '', progress, scope);
  const owner = await ownerOf(instruction, t);
  // With --chmod, BuildKit makes no separate layer of --link.
  const linked = instruction.link && chmod === '';
  const rootfs = linked ? createRootfs(dirOf(bareMeta)) : t.rootfs;
  const writing: Writing = {
    owner,
    chmod: readChmod(chmod),
    exclude: instruction.exclude.length === 0 ? undefined : readExcludes(instruction.exclude),
    include: undefined,
  };
  const root = t.from?.root ?? t.context.root;
  for (const { text, at } of instruction.sources) {
    const source = fill(text, progress, scope);
    if (isFetched(source)) {
      if (instruction.is === 'copy') throw new Misread(`COPY can't fetch ${source}; ADD can`);
      throw needs(`ADD fetches ${source}`);
    }
    const missing = () => missingSource(source, t, t.place(at));
    if (instruction.is === 'copy' && instruction.parents) {
      await copyParents(rootfs, root, source, dest, writing, missing);
      continue;
    }
    const { path } = sourcePath(source);
    const found = await findSources(root, path);
    if (found.wild && found.paths.length === 0) t.warn(`${source} matches no file (line ${at.line}).`);
    const unpack = instruction.is === 'add' && instruction.unpack !== false;
    for (const parts of found.paths) {
      if (unpack && (await unpackOne(rootfs, root, parts, dest, owner, t.workspace, needs))) continue;
      if (!(await copyOne(rootfs, { root, path: parts }, dest, writing))) throw await missing();
    }
  }
  for (const file of instruction.files) {
    const text = file.expand
      ? expand(heredocText(file), (name) => progress.variables.get(name), { escape: '\\', plainQuotes: true }).text
      : heredocText(file);
    const parts = partsOf(file.name);
    await copyOne(rootfs, { root: inlineRoot(parts, Buffer.from(text)), path: parts }, dest, {
      ...writing,
      exclude: undefined,
    });
  }
  if (linked) await overlay(t.rootfs, rootfs);
}

/** `--parents`: the path from the root, or from `/./` on, is made again below the destination. */
async function copyParents(
  rootfs: Rootfs,
  root: Dir,
  source: string,
  dest: string,
  writing: Writing,
  missing: () => Promise<TagboatError>,
): Promise<void> {
  const pivot = source.indexOf('/./');
  const from = pivot < 0 ? [] : partsOf(source.slice(0, pivot));
  const below = partsOf(pivot < 0 ? source : source.slice(pivot + 3));
  const pattern = below.join('/');
  const wild = /[*?[]/.test(source);
  if (!wild && (await findSource({ root, path: [...from, ...below] })) === undefined) throw await missing();
  const include = pattern === '' ? undefined : readExcludes([pattern]);
  for (const path of (await findSources(root, pathOf(from))).paths) {
    if (!(await copyOne(rootfs, { root, path }, dest, { ...writing, include }))) throw await missing();
  }
}

/** Unpacks a source when it is an archive; false when it is not. */
async function unpackOne(
  rootfs: Rootfs,
  root: Dir,
  parts: Parts,
  dest: string,
  owner: Owner | undefined,
  workspace: Workspace,
  needs: (what: string) => TagboatError,
): Promise<boolean> {
  const node = await findSource({ root, path: parts });
  if (node?.is !== 'file') return false;
  const kind = await archiveKind(node.content);
  if (kind.is === 'unknown') throw needs(`ADD has to unpack ${pathOf(parts)}, which is packed with ${kind.packing}`);
  if (kind.is === 'plain') return false;
  await unpackArchive(rootfs, { path: pathOf(parts), content: node.content }, dest, { owner, workspace });
  return true;
}

async function ownerOf(instruction: Said<'copy'> | Said<'add'>, t: Transferring): Promise<Owner | undefined> {
  if (instruction.chown === undefined) return undefined;
  const chown = fill(instruction.chown, t.progress, t.scope);
  if (chown === '') return undefined;
  if (instruction.link && isNamedOwner(chown))
    throw new Misread(`--link can't look up the names in --chown=${chown}; use numbers`);
  // Docker takes root for a name that /etc/passwd doesn't have, but wants some files in which to look it up.
  if (isNamedOwner(chown) && (await t.rootfs.root.children()).size === 0)
    throw new Misread(`nothing is in the image yet that could tell who ${chown} is; use numbers`);
  const { unknown, ...owner } = await findOwner(chown, t.rootfs.root);
  if (unknown.length > 0) {
    t.warn(
      `--chown=${chown} (line ${instruction.at.line}): the image knows no ${unknown.join(' and no ')}; root is taken, as Docker does.`,
    );
  }
  return owner;
}

async function missingSource(source: string, t: Transferring, place: Place): Promise<TagboatError> {
  const { path, outside } = sourcePath(source);
  if (t.from === undefined && outside) return new TagboatError('CONTEXT_OUTSIDE', { source, read: path }, { place });
  const context = t.from === undefined ? t.context : t.from.context;
  const ignored = context !== undefined && isIgnored(path, context) ? context.ignoreFile : undefined;
  return new TagboatError('COPY_SOURCE_MISSING', { source, from: t.from?.name, ignored }, { place });
}

function isIgnored(path: string, { ignore }: Context): boolean {
  const parts = partsOf(path);
  let match: readonly boolean[] | undefined;
  let out = false;
  for (let depth = 1; depth <= parts.length; depth++) {
    const tested = ignore?.test(parts.slice(0, depth).join('/'), match);
    match = tested?.match;
    out = tested?.out === true;
  }
  return out;
}

/** A tree of just one file, for what is written inside the Dockerfile. */
function inlineRoot(parts: Parts, bytes: Uint8Array): Dir {
  const content = {
    size: bytes.byteLength,
    whole: () => bytes,
    read: async function* () {
      yield bytes;
    },
  };
  const file: Node = { is: 'file', mode: 0o644, uid: 0, gid: 0, mtime: undefined, content };
  return parts.reduceRight<Node>((node, part) => dirOf(bareMeta, new Map([[part, node]])), file) as Dir;
}
