import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { type Place, TagboatError } from '../../errors.ts';
import type { ValueType } from '../../plan/value.ts';
import type { Env } from '../../wire/world.ts';
import { parseYaml } from '../../wire/yaml.ts';
import { named, records, templates, texts } from '../shape/shape.ts';
import { type ConfigPath, describePath, spotKey } from './config-path.ts';
import { findSecret } from './secrets.ts';
import { expandVariables } from './variables.ts';

/** A config file as plain values, and where each of them stands. */
export interface ConfigText {
  readonly file: string;
  readonly value: unknown;
  /** The place of a value, or of its key; the nearest one above where there is none. */
  placeOf(path: ConfigPath, part: 'key' | 'value'): Place;
  /** What stands at the path; `open` is a text with `${VARIABLES}`, which may stand for anything. */
  typeOf(path: ConfigPath): ValueType | 'open';
  /** A variable in it has no value here, and that is borne. */
  isUnknown(path: ConfigPath): boolean;
  /** Where the file has what stands at the path, if one entry of it stands for several (expand.ts). */
  originOf(path: ConfigPath): ConfigPath;
  /** The image that the value was filled in for, where it stands for one of several. */
  serviceAt(path: ConfigPath): string | undefined;
}

/** Told of a variable that isn't set, and where; answers whether that is borne. */
export type BearsUnset = (path: ConfigPath, name: string) => boolean;

/** How much is borne while reading. */
export interface ConfigReading {
  readonly unset?: BearsUnset | undefined;
  /** Takes a mistake after which reading can go on; without it the first one is thrown. */
  readonly mistake?: (error: TagboatError) => void;
}

const largest = 64 * 1024;
const deepest = 32;
const mostValues = 10_000;

/** The YAML of a text that was peeked into, until it is read: a run does both, one after the other. */
let peeked: { readonly text: string; readonly documents: ReturnType<typeof parseYaml> } | undefined;

interface Spot {
  readonly key: readonly [number, number] | undefined;
  readonly value: readonly [number, number] | undefined;
}

/**
 * Reads the file's YAML and fills in `${VARIABLES}`. Throws CONFIG_TOO_LARGE, CONFIG_SECRET_IN_FILE,
 * CONFIG_YAML_INVALID, CONFIG_VARIABLE_UNSET.
 */
export function readConfig(text: string, file: string, env: Env, reading: ConfigReading = {}): ConfigText {
  const mistake = (error: TagboatError): void => {
    if (reading.mistake === undefined) throw error;
    reading.mistake(error);
  };
  const tooLarge = () => new TagboatError('CONFIG_TOO_LARGE', { file, limit: largest }, { place: { file } });
  if (text.length > largest) throw tooLarge();
  // First of all, so that no other error shows the line.
  const secret = findSecret(text, env);
  if (secret !== undefined) {
    const place = placeAt(file, text, secret.offset, 'nothing');
    throw new TagboatError('CONFIG_SECRET_IN_FILE', { file, what: secret.what, variable: undefined }, { place });
  }
  const isAgain = peeked?.text === text;
  const documents = isAgain ? peeked?.documents : parseYaml(text, { depth: deepest, documents: 10 });
  peeked = isAgain ? undefined : { text, documents };
  if (documents === undefined) throw tooLarge();
  const invalid = (why: string, offset: number, show: 'line' | 'nothing' | number = 'line') =>
    new TagboatError('CONFIG_YAML_INVALID', { file, why }, { place: placeAt(file, text, offset, show) });
  const [document, second] = documents;
  const [error] = documents.flatMap((one) => one.errors);
  if (error !== undefined) throw invalid(`${error.message}.`, error.pos[0]);
  if (second !== undefined) throw invalid('it holds more than one document.', second.range[0]);

  const spots = new Map<string, Spot>();
  const types = new Map<string, ValueType | 'open'>();
  const unknown = new Set<string>();
  let left = mostValues;

  /** `undefined` where the file says nothing (`key:`) and the key is one of ours: then it is as if it weren't there. */
  const read = (node: Node | null, path: ConfigPath): unknown => {
    left -= 1;
    if (left < 0 || path.length > deepest) throw tooLarge();
    if (isAlias(node)) return read(aliased(node), path);
    if (isMap(node)) return readMap(node, path);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        spots.set(spotKey([...path, index]), { key: undefined, value: rangeOf(item as Node) });
        return read(item as Node, [...path, index]);
      });
    }
    return isScalar(node) ? readScalar(node, path) : null;
  };

  const readMap = (map: YAMLMap, path: ConfigPath): unknown => {
    const result: Record<string, unknown> = {};
    const isRecord = matches(records, path);
    const taken = new Set<string>();
    const take = (pairs: readonly Pair[], depth: number): void => {
      left -= 1;
      if (left < 0 || depth > deepest) throw tooLarge();
      const own = new Set<string>();
      const merged: YAMLMap[] = [];
      for (const pair of pairs) {
        const keyNode = pair.key as Node;
        if (!isScalar(keyNode)) throw invalid('a key has to be a text.', start(keyNode));
        const written = textOf(keyNode);
        if (written === '<<' && keyNode.type === 'PLAIN') {
          merged.push(...mapsIn((pair.value as Node | null) ?? keyNode));
          continue;
        }
        // For anchors, and for other programs: nothing of ours begins so.
        if (path.length === 0 && written.startsWith('x-')) continue;
        // Files and paths to set may have variables, other keys have no use for them.
        const inSet = isRecord && path[2] === 'set';
        const key = inSet ? filledIn(written, problem(path, start(keyNode)), path) : written;
        if (own.has(key) || key === '__proto__') {
          mistake(invalid(`the key "${key}" stands twice in one map.`, start(keyNode), rangeOf(keyNode)?.[1]));
          continue;
        }
        own.add(key);
        // A map's own keys win over what is merged into it, and of that what is named first.
        if (taken.has(key)) continue;
        taken.add(key);
        const inner = [...path, key];
        const valueNode = pair.value as Node | null;
        spots.set(spotKey(inner), { key: rangeOf(keyNode), value: rangeOf(valueNode) });
        const value = read(valueNode, inner);
        if (value !== null || (isRecord && path[0] !== 'images')) result[key] = value;
        else if (isRecord) result[key] = path.length === 1 ? {} : null;
      }
      for (const one of merged) take(one.items, depth + 1);
    };
    take(map.items, 0);
    return result;
  };

  /** What `<<` merges (YAML's type library, "Merge key"): a map or a list of them, by aliases as a rule. */
  const mapsIn = (node: Node): YAMLMap[] => {
    const one = isAlias(node) ? aliased(node) : node;
    return (isSeq(one) ? (one.items as Node[]) : [one]).map((item) => {
      const map = isAlias(item) ? aliased(item) : item;
      if (!isMap(map)) throw invalid('<< merges a map or a list of maps.', start(item));
      return map;
    });
  };

  const aliased = (node: Alias): Node => {
    const target = document?.contents == null ? undefined : node.resolve(document);
    if (target === undefined) throw invalid(`there is no anchor &${node.source} before this alias.`, start(node));
    return target;
  };

  const readScalar = (node: Scalar, path: ConfigPath): unknown => {
    const plain = node.type === 'PLAIN' && typeof node.value !== 'string' && node.value !== null;
    if (plain) {
      types.set(spotKey(path), typeof node.value === 'boolean' ? 'boolean' : 'number');
      return matches(texts, path) ? textOf(node) : node.value;
    }
    if (typeof node.value !== 'string') return node.value;
    const filled = filledIn(node.value, problem(path, start(node), rangeOf(node)), path);
    if (filled !== node.value) types.set(spotKey(path), 'open');
    return filled;
  };

  /** What goes wrong with a variable, told at the variable's place in the file. */
  const problem = (path: ConfigPath, offset: number, range?: readonly [number, number]) => ({
    file,
    key: describePath(path),
    template: range !== undefined && matches(templates, path),
    named: matches(named, path),
    unset: (name: string): boolean => {
      if (reading.unset?.(path, name) !== true) return false;
      unknown.add(spotKey(path));
      return true;
    },
    place: (name: string): Place => {
      const found = text.slice(offset, range?.[1]).indexOf(`\${${name}`);
      return placeAt(file, text, offset + Math.max(found, 0), matches(named, path) ? 'nothing' : 'line');
    },
  });

  const filledIn = (written: string, at: ReturnType<typeof problem>, path: ConfigPath): string => {
    try {
      return expandVariables(written, env, at);
    } catch (error) {
      if (!(error instanceof TagboatError)) throw error;
      mistake(error);
      unknown.add(spotKey(path));
      return written;
    }
  };

  const value = read(document?.contents ?? null, []);
  const placeOf = (path: ConfigPath, part: 'key' | 'value'): Place => {
    const spot = spots.get(spotKey(path));
    const range = part === 'value' ? (spot?.value ?? spot?.key) : (spot?.key ?? spot?.value);
    if (range !== undefined) {
      // A key that means nothing here may be `password`: the line is shown up to it.
      return placeAt(file, text, range[0], range[1]);
    }
    return path.length === 0 ? placeAt(file, text, 0, 'nothing') : placeOf(path.slice(0, -1), 'key');
  };
  return {
    file,
    value,
    placeOf,
    typeOf: (path) => types.get(spotKey(path)) ?? 'text',
    isUnknown: (path) => unknown.has(spotKey(path)),
    originOf: (path) => path,
    serviceAt: () => undefined,
  };
}

function matches(patterns: readonly (readonly string[])[], path: ConfigPath): boolean {
  return patterns.some(
    (pattern) =>
      pattern.length === path.length &&
      pattern.every(
        (step, index) => step === '*' || step === path[index] || (step === '#' && typeof path[index] === 'number'),
      ),
  );
}

function rangeOf(node: Node | null | undefined): readonly [number, number] | undefined {
  return node?.range == null ? undefined : [node.range[0], node.range[1]];
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

function textOf(node: Scalar): string {
  return node.type === 'PLAIN' && typeof node.source === 'string' ? node.source : String(node.value);
}
