import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { keyText, rangeOf, valueText } from '../../commit/edit/document.ts';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { parseYaml } from '../../wire/yaml.ts';
import type { Contexts } from './expression.ts';
import type { Found } from './facts.ts';
import type { RunText } from './value.ts';

/** One step of a job, and where it stands. */
export interface Step {
  readonly at: number;
  readonly label: string;
  readonly line: number;
  /** All of its bytes, its lines' ends included. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly id?: string | undefined;
  readonly uses?: string | undefined;
  readonly run?: string | undefined;
  /** The line of the script's first line, where all of it stands in one place. */
  readonly runLine?: number | undefined;
  readonly condition?: string | undefined;
  readonly shell?: string | undefined;
  readonly dir?: string | undefined;
  readonly env: StringMap;
  readonly inputs: StringMap;
}

export interface Job {
  readonly name: string;
  readonly line: number;
  readonly steps: readonly Step[];
  readonly env: StringMap;
  readonly outputs: StringMap;
  readonly needs: readonly string[];
  /** What each run of its matrix is; one without values where it has none. */
  readonly combinations: readonly StringMap[];
  /** Its bytes besides its steps and its matrix. */
  readonly frame: string;
  /** Branches or patterns that it runs on: `**` where it doesn't say so plainly, since what it runs on stays. */
  readonly from: readonly string[];
  /** Why nothing of it can be taken over, as the end of a sentence. */
  readonly refusal: string | undefined;
}

/** A file of a CI system, and how that system is to be read and written. */
export interface Pipeline {
  readonly text: string;
  readonly jobs: readonly Job[];
  /** What isn't read of it, to be told. */
  readonly unread: readonly { readonly line: number; readonly job: string; readonly why: string }[];
  /** The app repo, where it is its own config repo. */
  readonly own: RunText;
  /** A text with its variables as values. */
  readonly evaluate: (text: string, contexts: Contexts) => RunText;
  /** A script as the shell is given it: GitHub puts its expressions in before, GitLab leaves variables to the shell. */
  readonly script: (text: string, contexts: Contexts) => RunText;
  /** What a variable is that the file doesn't set. */
  readonly given: (name: string) => RunText;
  /** What of a script's facts concerns a delivery: some logins are written anew. */
  readonly concerning: (found: readonly Found[]) => readonly Found[];
}

/** A piece of bytes that becomes another one. */
export interface ByteSplice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export type StringMap = Readonly<Record<string, string>>;
export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };

/** A pipeline's YAML as its root, and its nodes as plain values: every scalar is the text that stands there. */
export interface PipelineFile {
  readonly root: YAMLMap | undefined;
  readonly plain: (node: unknown) => Plain | undefined;
  readonly lineOf: (node: unknown) => number;
}

const mostNodes = 100_000;

/** Throws MIGRATE_FILE_INVALID. */
export function readPipelineFile(file: string, text: string): PipelineFile {
  const document = parseYaml(text, { depth: 64, documents: 4 })?.[0];
  const invalid = (why: string, offset: number): TagboatError =>
    new TagboatError('MIGRATE_FILE_INVALID', { file, why }, { place: placeAt(file, text, offset, 'line') });
  const [error] = document?.errors ?? [];
  if (error !== undefined) throw invalid(error.message, error.pos[0]);
  const root = isMap(document?.contents) ? (document.contents as YAMLMap) : undefined;
  let nodes = 0;
  const plain = (node: unknown): Plain | undefined => {
    if (++nodes > mostNodes) throw invalid('its aliases come to too much', 0);
    if (isAlias(node) && document !== undefined) return plain(node.resolve(document));
    if (isScalar(node)) return node.value === null ? '' : valueText(node);
    if (isSeq(node) && node.tag === '!reference') return referred(node.items.map((item) => valueText(item) ?? ''));
    if (isSeq(node)) return node.items.map((item) => plain(item) ?? '');
    if (!isMap(node)) return undefined;
    const own: Record<string, Plain> = {};
    const merged: Record<string, Plain> = {};
    for (const { key, value } of node.items as Pair[]) {
      const name = keyText(key) ?? '';
      const read = plain(value) ?? '';
      if (name === '<<') for (const one of [read].flat()) Object.assign(merged, typeof one === 'string' ? {} : one);
      else own[name] = read;
    }
    return { ...merged, ...own };
  };
  // GitLab's own: what another job of this file has. From elsewhere it is a command that nobody knows.
  const referred = (path: readonly string[]): Plain => {
    let node: unknown = root;
    for (const name of path) node = isMap(node) ? entryOf(node, name)?.value : undefined;
    return (node === undefined ? undefined : plain(node)) ?? `!reference [${path.join(', ')}]`;
  };
  return { root, plain, lineOf: (node) => text.slice(0, rangeOf(node as Node)[0]).split('\n').length };
}

/** A map's key and value by the key's text. */
export function entryOf(map: YAMLMap, name: string): { readonly key: Node; readonly value: unknown } | undefined {
  const pair = (map.items as Pair[]).find(({ key }) => keyText(key) === name);
  return pair === undefined || pair.value === null ? undefined : { key: pair.key as Node, value: pair.value };
}

/** The lines that a key and its value take up; blank lines and comments below them are not their own. */
export function linesOfEntry(text: string, entry: { readonly key: Node; readonly value: unknown }): [number, number] {
  return [lineStart(text, rangeOf(entry.key)[0]), endOf(text, entry.value as Node)];
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The end of the last line that a node takes up. */
export function endOf(text: string, node: Node): number {
  const [from, to] = rangeOf(node);
  const newline = text.indexOf('\n', from + text.slice(from, to).trimEnd().length);
  return newline < 0 ? text.length : newline + 1;
}

export const stringAt = (plain: Plain | undefined): string | undefined =>
  typeof plain === 'string' ? plain : undefined;

/** StringMap of a list, or of a single text. */
export function stringsAt(plain: Plain | undefined): string[] | undefined {
  const list = typeof plain === 'string' ? [plain] : plain;
  return Array.isArray(list) && list.every((one) => typeof one === 'string') ? (list as string[]) : undefined;
}

export function mapAt(plain: Plain | undefined): Readonly<Record<string, Plain>> {
  return typeof plain === 'object' && !Array.isArray(plain) ? (plain as Readonly<Record<string, Plain>>) : {};
}

/** A map's texts. What is no text stands for itself, so that it is never taken for empty. */
export function recordAt(plain: Plain | undefined): StringMap {
  return Object.fromEntries(
    Object.entries(mapAt(plain)).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** The text with the splices done; they don't overlap. */
export function splicedText(text: string, splices: readonly ByteSplice[]): string {
  return splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((done, { from, to, text: put }) => done.slice(0, from) + put + done.slice(to), text);
}
