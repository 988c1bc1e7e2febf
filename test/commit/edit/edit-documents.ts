import fc from 'fast-check';

/** A scalar as it is written; `lines` are the words on each of its lines. */
interface ScalarShape {
  readonly is: 'scalar';
  readonly style: 'plain' | 'single' | 'double' | '|' | '|-' | '>' | '>-' | 'none' | 'alias';
  readonly lines: readonly string[];
  readonly anchor: boolean;
  readonly comment: string | undefined;
}

interface MapShape {
  readonly is: 'map';
  readonly flow: boolean;
  readonly entries: readonly { readonly key: string; readonly before: string; readonly value: Shape }[];
}

interface ListShape {
  readonly is: 'list';
  readonly flow: boolean;
  readonly items: readonly Shape[];
}

type Shape = ScalarShape | MapShape | ListShape;

/** A value in a written document: its path, what it reads as by the failsafe schema, and the bytes that are its own. */
export interface Written {
  readonly path: string;
  readonly keys: readonly (string | number)[];
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly style: ScalarShape['style'];
}

/** A YAML text with all that people do to it, and where its values are. */
export interface WrittenDocument {
  readonly text: string;
  readonly values: readonly Written[];
  /** Aliases: asking for them is refused. */
  readonly aliases: readonly string[];
  /** Block and flow maps, by path (`''` is the root). */
  readonly maps: readonly string[];
}

const word = fc.oneof(
  fc.constantFrom('v1', 'abc', '日本', 'x-y', '1.10', '0755', 'yes', '12e3', '2024-01-01', 'http://h/p', 'true', 'null', '~'),
  fc.stringMatching(/^[a-z][a-z0-9._/-]{0,12}[a-z0-9]$/),
); // biome-ignore format: a table
const comment = fc.option(fc.constantFrom(' # why', '   # "quoted" : { [', '\t# tab', ' #'), { nil: undefined });

const scalar: fc.Arbitrary<ScalarShape> = fc.record({
  is: fc.constant('scalar' as const),
  style: fc.constantFrom('plain', 'plain', 'plain', 'single', 'double', '|', '|-', '>', '>-', 'none', 'alias'),
  lines: fc.array(word, { minLength: 1, maxLength: 3 }),
  anchor: fc.boolean(),
  comment,
});

const keys = fc.uniqueArray(
  fc.oneof(fc.constantFrom('a', 'b', 'tag', 'image', 'x-y', 'a.b', '8080', 'key with space', 'キー', 'q"q'), word),
  { minLength: 1, maxLength: 4 },
);
const before = fc.constantFrom('', '', '', '\n', '# note\n', '\n # a: b\n\n', '#\n');

const { root } = fc.letrec<{ root: MapShape; node: Shape; map: MapShape; list: ListShape }>((tie) => ({
  root: tie('map'),
  node: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalar, tie('map'), tie('list')),
  map: fc
    .tuple(
      fc.boolean(),
      keys,
      fc.array(tie('node'), { minLength: 4, maxLength: 4 }),
      fc.array(before, { minLength: 4, maxLength: 4 }),
    )
    .map(([flow, names, nodes, befores]) => ({
      is: 'map' as const,
      flow,
      entries: names.map((key, n) => ({ key, before: befores[n] ?? '', value: nodes[n] as Shape })),
    })),
  list: fc
    .tuple(fc.boolean(), fc.array(tie('node'), { minLength: 1, maxLength: 3 }))
    .map(([flow, items]) => ({ is: 'list' as const, flow, items })),
}));

const manner = fc.record({
  indent: fc.integer({ min: 1, max: 5 }),
  newline: fc.constantFrom('\n', '\n', '\r\n'),
  mark: fc.boolean(),
  head: fc.constantFrom('', '# top\n', '---\n', '%YAML 1.2\n---\n'),
  tail: fc.constantFrom('', '\n', '# end', '\n\n'),
  end: fc.boolean(),
  dashInside: fc.boolean(),
});

/** Random documents, written by a writer that shares nothing with the code under test. */
export const documents: fc.Arbitrary<WrittenDocument> = fc.tuple(root, manner).map(([shape, how]) => write(shape, how));

function write(shape: MapShape, how: typeof manner extends fc.Arbitrary<infer M> ? M : never): WrittenDocument {
  let text = (how.mark ? '\uFEFF' : '') + how.head.replaceAll('\n', how.newline);
  const values: Written[] = [];
  const aliases: string[] = [];
  const maps: string[] = [];
  const anchors = new Map<string, string>();
  const br = how.newline;

  const path = (at: readonly (string | number)[]) =>
    at.map((one) => (typeof one === 'number' ? `[${one}]` : `."${one.replace(/["\\]/g, '\\$&')}"`)).join('');
  const keyed = (key: string) => (/^[\w.\-/]+$/.test(key) && !/^~|^-/.test(key) ? key : JSON.stringify(key));

  function put(one: ScalarShape, at: readonly (string | number)[], indent: number, flow: boolean, gap: string): void {
    const block = one.style.startsWith('|') || one.style.startsWith('>');
    const style = flow && (block || one.style === 'none') ? 'double' : one.style;
    if (style === 'alias') {
      const [name] = [...anchors.keys()];
      if (name !== undefined) {
        text += `${gap}*${name}${flow ? ' ' : ''}`;
        aliases.push(path(at));
        finish(one, flow);
        return;
      }
    }
    if (one.anchor) {
      const name = `n${anchors.size}`;
      anchors.set(name, path(at));
      text += `${gap}&${name}`;
    }
    if (style === 'none') {
      values.push({ path: path(at), keys: at, text: '', start: text.length, end: text.length, style });
      finish(one, flow);
      return;
    }
    text += one.anchor ? ' ' : gap;
    const start = text.length;
    const inner = br + ' '.repeat(indent + 1);
    let reads = one.lines.join(' ');
    if (style === 'plain' || style === 'alias') text += one.lines.map((line) => line.replaceAll('~', 'z')).join(inner);
    else if (style === 'single') text += `'${one.lines.join(inner)}'`;
    else if (style === 'double') text += `"${one.lines.join(inner)}"`;
    else {
      const chomped = style.endsWith('-');
      reads = one.lines.join(style.startsWith('|') ? '\n' : ' ') + (chomped ? '' : '\n');
      text += style + (one.comment ?? '') + inner + one.lines.join(inner);
    }
    if (style === 'plain' || style === 'alias') reads = reads.replaceAll('~', 'z');
    values.push({ path: path(at), keys: at, text: reads, start, end: text.length, style });
    finish(block && !flow ? { ...one, comment: undefined } : one, flow);
  }

  function finish(one: ScalarShape, flow: boolean): void {
    if (!flow) text += (one.comment ?? '') + br;
  }

  function flowed(node: Shape, at: readonly (string | number)[], gap: string): void {
    if (node.is === 'scalar') {
      put(node, at, 40, true, gap);
      return;
    }
    text += gap + (node.is === 'map' ? '{ ' : '[');
    if (node.is === 'map') maps.push(path(at));
    const children: [string | number, Shape][] =
      node.is === 'map' ? node.entries.map(({ key, value }) => [key, value]) : [...node.items.entries()];
    for (const [n, [step, child]] of children.entries()) {
      if (n > 0) text += ', ';
      if (typeof step === 'string') text += `${JSON.stringify(step)}:`;
      flowed(child, [...at, step], typeof step === 'string' ? ' ' : '');
    }
    text += node.is === 'map' ? ' }' : ']';
  }

  function blocked(node: Shape, at: readonly (string | number)[], indent: number, key: boolean): void {
    if (node.is === 'scalar') {
      put(node, at, indent, false, ' ');
      return;
    }
    if (node.flow && at.length > 0) {
      flowed(node, at, ' ');
      text += br;
      return;
    }
    const inline = !key && how.dashInside && node.is === 'map' && at.length > 0;
    if (at.length > 0) text += inline ? ' ' : br;
    if (node.is === 'map') {
      maps.push(path(at));
      for (const [n, entry] of node.entries.entries()) {
        if (!(inline && n === 0)) text += entry.before.replaceAll('\n', br) + ' '.repeat(indent);
        text += `${keyed(entry.key)}:`;
        blocked(entry.value, [...at, entry.key], indent + how.indent, true);
      }
      return;
    }
    for (const [index, one] of node.items.entries()) {
      text += `${' '.repeat(indent)}-`;
      blocked(one, [...at, index], indent + 2, false);
    }
  }

  blocked(shape, [], 0, true);
  text += how.tail.replaceAll('\n', br);
  if (!how.end && how.tail === '' && !/[|>][-+]?/.test(text.slice(-60))) text = text.replace(/\r?\n$/, '');
  return { text, values, aliases, maps };
}
