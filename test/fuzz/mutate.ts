/** A stream of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Mutation = (bytes: Buffer, pick: (below: number) => number, others: readonly Buffer[]) => Buffer;

/** Lengths and counts at their limits, as bytes: the largest, the smallest negative, one, none. */
const extremes = ['ffffffff', '7fffffff', '80000000', '00000001', '00000000', 'ff', '80', '7f', 'ffff', 'ffffffffffff'];
/** The same as text: hex lengths of packets, octal sizes, JSON numbers, things a reader of names must survive. */
const words = [
  'ffff',
  '0000',
  '0003',
  'fff1',
  '77777777777',
  '-1',
  '1e999',
  '4294967296',
  '__proto__',
  '\0',
  '../',
  '"',
];

const mutations: readonly Mutation[] = [
  function flipBit(bytes, pick) {
    const at = pick(bytes.byteLength);
    bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << pick(8)), at);
    return bytes;
  },
  function setByte(bytes, pick) {
    bytes.writeUInt8(pick(256), pick(bytes.byteLength));
    return bytes;
  },
  (bytes, pick) => bytes.subarray(0, pick(bytes.byteLength)),
  (bytes, pick) => bytes.subarray(pick(bytes.byteLength)),
  function dropRange(bytes, pick) {
    const [from, to] = range(bytes, pick);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeatRange(bytes, pick) {
    const [from, to] = range(bytes, pick);
    const times = 1 + pick(pick(8) === 0 ? 60 : 3);
    return Buffer.concat([bytes.subarray(0, to), ...Array(times).fill(bytes.subarray(from, to)), bytes.subarray(to)]);
  },
  function splice(bytes, pick, others) {
    const other = others[pick(others.length)] ?? bytes;
    return Buffer.concat([bytes.subarray(0, pick(bytes.byteLength)), other.subarray(pick(other.byteLength))]);
  },
  function lie(bytes, pick) {
    const extreme = Buffer.from(extremes[pick(extremes.length)] ?? '', 'hex');
    extreme.copy(bytes, pick(bytes.byteLength));
    return bytes;
  },
  function say(bytes, pick) {
    const at = pick(bytes.byteLength);
    const word = Buffer.from(words[pick(words.length)] ?? '');
    const over = pick(2) === 0 ? word.byteLength : 0;
    return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + over)]);
  },
  function moreDigits(bytes, pick) {
    const digits = [...bytes.entries()].filter(([, byte]) => byte >= 0x30 && byte <= 0x39);
    const [at] = digits[pick(Math.max(1, digits.length))] ?? [];
    if (at === undefined) return bytes;
    return Buffer.concat([bytes.subarray(0, at), Buffer.from('9'.repeat(1 + pick(20))), bytes.subarray(at + 1)]);
  },
];

/** Larger inputs only repeat themselves. */
const largest = 256 * 1024;

/** One of these inputs with one to four things wrong with it. The input itself stays. */
export function mutate(inputs: readonly Buffer[], random: () => number): Buffer {
  const pick = (below: number): number => Math.floor(random() * below);
  let bytes: Buffer = Buffer.from(inputs[pick(inputs.length)] ?? '');
  for (let left = 1 + pick(4); left > 0 && bytes.byteLength > 0; left--) {
    const mutation = mutations[pick(mutations.length)];
    if (mutation !== undefined) bytes = Buffer.from(mutation(bytes, pick, inputs).subarray(0, largest));
  }
  return bytes;
}

function range(bytes: Buffer, pick: (below: number) => number): [number, number] {
  const from = pick(bytes.byteLength);
  return [from, from + 1 + pick(Math.min(64, bytes.byteLength - from))];
}
