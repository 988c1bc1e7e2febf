import type { Place } from '../errors.ts';
import { createJsonScan, type JsonFaultKind, type JsonScan } from './json-scan.ts';

/** A JSON value with where it stands. Numbers, booleans and null keep their spelling. */
export type JsonNode = { readonly at: number } & (
  | { readonly is: 'object'; readonly members: readonly JsonMember[] }
  | { readonly is: 'list'; readonly items: readonly JsonNode[] }
  | { readonly is: 'text' | 'word'; readonly value: string }
);

export interface JsonMember {
  readonly key: string;
  /** Where the key stands. */
  readonly at: number;
  readonly value: JsonNode;
}

/** Something that isn't JSON, or is and means something else than it seems to. */
export interface JsonFault {
  readonly is: JsonFaultKind;
  readonly at: number;
  readonly why: string;
  /** For a duplicate: the value that JSON's readers drop. */
  readonly dropped?: JsonMember;
}

export interface JsonText {
  /** The value as it would read once its faults are mended; of keys that stand twice the last one counts. */
  readonly root: JsonNode | undefined;
  readonly faults: readonly JsonFault[];
  readonly placeOf: (at: number) => Place;
}

const deepest = 60;
const most = 1024 * 1024;

/**
 * Reads JSON as people type it, with what editors and web pages make of it: each fault is told with its place, and
 * reading goes on. Pure; takes time and memory in proportion to the text.
 */
export function readJsonText(text: string, file: string): JsonText {
  const placeOf = (at: number): Place => placeIn(text, file, at);
  if (text.length > most) {
    return { root: undefined, faults: [{ is: 'syntax', at: 0, why: 'it is larger than a mebibyte' }], placeOf };
  }
  const faults: JsonFault[] = [];
  const scan = createJsonScan(text, (is, at, why) => void faults.push({ is, at, why }));
  let root: JsonNode | undefined;
  try {
    root = readValue(scan, faults, 0);
    const rest = scan.peek();
    if (rest !== undefined) faults.push({ is: 'syntax', at: scan.at(), why: 'the value has ended before this' });
  } catch (error) {
    if (!(error instanceof JsonEnd)) throw error;
    faults.push({ is: 'syntax', at: error.at, why: error.message });
  }
  return { root, faults: faults.sort((a, b) => a.at - b.at), placeOf };
}

/** Where nothing can be made of the rest. */
class JsonEnd extends Error {
  readonly at: number;

  constructor(at: number, why: string) {
    super(why);
    this.at = at;
  }
}

function readValue(scan: JsonScan, faults: JsonFault[], depth: number): JsonNode {
  const sign = scan.peek();
  const at = scan.at();
  if (sign === undefined) throw new JsonEnd(at, 'the text ends where a value is needed');
  if (depth > deepest) throw new JsonEnd(at, 'it is nested too deep');
  if (sign === '{') return readObject(scan, faults, depth);
  if (sign === '[') return readList(scan, faults, depth);
  const text = scan.text();
  if (text !== undefined) return { is: 'text', at, value: text };
  const word = scan.word();
  if (word === undefined) throw new JsonEnd(at, `"${sign}" can't stand here`);
  const legal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word);
  if (!legal) faults.push({ is: 'syntax', at, why: `${word} stands without quotes` });
  return { is: legal ? 'word' : 'text', at, value: word };
}

function readObject(scan: JsonScan, faults: JsonFault[], depth: number): JsonNode {
  const at = scan.take();
  const members = new Map<string, JsonMember>();
  for (let next = scan.peek(); next !== '}'; next = scan.peek()) {
    const keyAt = scan.at();
    let key = scan.text();
    if (key === undefined) {
      key = scan.word();
      if (key === undefined)
        throw new JsonEnd(keyAt, next === undefined ? 'a "}" is missing' : `"${next}" can't stand here`);
      faults.push({ is: 'syntax', at: keyAt, why: `the key ${key} stands without quotes` });
    }
    if (scan.peek() !== ':') throw new JsonEnd(scan.at(), `a ":" is missing after "${key}"`);
    scan.take();
    const member = { key, at: keyAt, value: readValue(scan, faults, depth + 1) };
    const before = members.get(key);
    if (before !== undefined) {
      const why = `"${key}" stands twice, and of two JSON keeps the last`;
      faults.push({ is: 'duplicate', at: keyAt, why, dropped: before });
    }
    members.delete(key);
    members.set(key, member);
    separate(scan, faults, '}');
  }
  scan.take();
  return { is: 'object', at, members: [...members.values()] };
}

function readList(scan: JsonScan, faults: JsonFault[], depth: number): JsonNode {
  const at = scan.take();
  const items: JsonNode[] = [];
  while (scan.peek() !== ']') {
    items.push(readValue(scan, faults, depth + 1));
    separate(scan, faults, ']');
  }
  scan.take();
  return { is: 'list', at, items };
}

/** Between two members: one comma, and none before the end. */
function separate(scan: JsonScan, faults: JsonFault[], end: '}' | ']'): void {
  const sign = scan.peek();
  if (sign === end) return;
  if (sign === undefined) throw new JsonEnd(scan.at(), `a "${end}" is missing`);
  if (sign !== ',') {
    if (sign === ']' || sign === '}') throw new JsonEnd(scan.at(), `a "${end}" is missing before this`);
    faults.push({ is: 'comma', at: scan.at(), why: 'a comma is missing before this' });
    return;
  }
  const at = scan.take();
  if (scan.peek() === end)
    faults.push({ is: 'comma', at, why: `nothing may follow a comma but another value, and "${end}" does` });
  else if (scan.peek() === ',') throw new JsonEnd(scan.at(), 'two commas stand together');
}

function placeIn(text: string, file: string, at: number): Place {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', start);
  const line = text.slice(0, start).split('\n').length;
  return { file, line, column: at - start + 1, text: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '') };
}
