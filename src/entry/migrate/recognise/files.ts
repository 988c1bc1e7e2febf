import { type Fact, Unclear } from '../facts.ts';
import { type Outcome, optionsOf, pathInside, type ShellCall } from '../shell/call.ts';
import { plainText, type RunText } from '../value.ts';

/** `yq -i '.a.b = "x"' FILE` of Mike Farah's yq 4, its older `yq w -i`, and the one in Python by `-y -i`. */
export function recogniseYq(call: ShellCall): Outcome {
  const [first, ...others] = call.args;
  const old = first === 'w' || first === 'write';
  const args = old || first === 'e' || first === 'eval' ? others : call.args;
  const { of, rest } = optionsOf(
    args.map((one) => one.replace(/^-(?:yi|iy|iP|Pi)$/, '-i')),
    ['-i', '--inplace', '--in-place', '-y', '-Y', '-P', '-r', '--yaml-output'],
    [],
  );
  const [one = '', two = '', three, more] = rest;
  if (of('-i', '--inplace', '--in-place').length === 0 || more !== undefined || (three !== undefined) !== old)
    throw new Unclear('`yq`');
  if (!old) return { facts: yqEdits(one, call.variable, pathInside(call, two)) };
  const path = plainText(two);
  if (path === undefined || !/^[\w-]+(?:\.[\w-]+)*$/.test(path)) throw new Unclear('the path of `yq`');
  return { facts: [{ is: 'edit', file: pathInside(call, one), path: `.${path}`, value: three ?? '' }] };
}

const literal = /^(?:"((?:[^"\\]|\\["\\])*)"|(?:str)?env\((\w+)\)|\$ENV\.(\w+)|(true|false|-?\d+(?:\.\d+)?))$/;

/** The assignments that an expression of yq is made of. Throws Unclear. */
function yqEdits(expression: RunText, variable: ShellCall['variable'], file: string): Fact[] {
  return parted(expression).map((part) => {
    const [, left = '', right = ''] = /^\s*([\s\S]*?[^!<>=|])\s*=\s*([^=~][\s\S]*?)\s*$/.exec(part) ?? [];
    const [found, text, name, environment, bare] = literal.exec(right) ?? [];
    if (left === '' || found === undefined) throw new Unclear('an expression of `yq` other than PATH = VALUE');
    const path = yqPath(left.trim());
    if (bare !== undefined) return { is: 'edit', file, path, value: bare, typed: true };
    const value = text?.replace(/\\(.)/g, '$1') ?? variable(name ?? environment ?? '');
    return { is: 'edit', file, path, value };
  });
}

/** The parts of an expression between bars that stand outside of quotes and brackets. */
function parted(expression: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [piece] of expression.matchAll(/"(?:[^"\\]|\\.)*"|[\s\S]/g)) {
    if ('([{'.includes(piece)) depth++;
    if (')]}'.includes(piece)) depth--;
    if (piece === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

/** A path of yq as Tagboat writes it: `(.images[] | select(.name == "app") | .newTag)` is `.images[name=app].newTag`. */
function yqPath(text: string): string {
  const path = text
    .replace(/^\(([\s\S]*)\)$/, '$1')
    .replace(
      /\[\]\s*\|\s*select\(\s*\.([\w.-]+)\s*==\s*"([^"]*)"\s*\)\s*(?:\|\s*)?/g,
      (_, name: string, value: string) => `[${name}=${pathValue(value)}]`,
    )
    .replace(/\.?\["([^"]+)"\]/g, '."$1"');
  if (!/^(?:\.[\w-]+|\."[^"]+"|\[-?\d+\]|\[[\w.-]+=(?:[\w./-]+|"[^"]*")\])+$/.test(path))
    throw new Unclear(`the path ${plainText(text) ?? ''} of \`yq\``);
  return path;
}

const pathValue = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));

/** `sed -i 's/…/…/' FILE`: which values that changes only the file can tell, so it is looked at later. */
export function recogniseSed(call: ShellCall): Outcome {
  const joined = call.args.map((one) => one.replace(/^-i\.\w+$/, '-i'));
  const apart = joined.flatMap((one) =>
    /^-[Eri]{2,}$/.test(one) ? [...one.slice(1)].map((flag) => `-${flag}`) : [one],
  );
  const { of, rest } = optionsOf(apart, ['-i', '--in-place', '-E', '-r', '--regexp-extended'], ['-e', '--expression']);
  if (of('-i', '--in-place').length === 0) throw new Unclear('`sed`');
  const extended = of('-E', '-r', '--regexp-extended').length > 0;
  const given = of('-e', '--expression');
  const [scripts, files] = given.length > 0 ? [given, rest] : [rest.slice(0, 1), rest.slice(1)];
  const facts = files.flatMap((file) =>
    scripts.map((script): Fact => ({ is: 'replace', file: pathInside(call, file), script, extended })),
  );
  return { facts };
}

const piece = (others: string): string => `(?:\\uE000[^\\uE001]*\\uE001|[^${others}\\uE000])*`;
const renamed = new RegExp(`^(${piece('=')})(?:=([\\s\\S]*))?$`);
const versioned = new RegExp(`^(${piece('@')}?)(?:([:@])(${piece('/:@')}))?$`);

/** `kustomize edit set image NAME[=NEWNAME][:TAG|@DIGEST]`. */
export function recogniseKustomize(call: ShellCall): Outcome {
  const [edit, set, what, ...images] = call.args;
  if (edit !== 'edit' || set !== 'set' || what !== 'image' || images.length === 0) throw new Unclear('`kustomize`');
  const file = pathInside(call, 'kustomization.yaml');
  const facts = images.flatMap((image): Fact[] => {
    const [, name = '', given] = renamed.exec(image) ?? [];
    const [, newName = '', sign, version = ''] = versioned.exec(given ?? image) ?? [];
    const key = given === undefined ? newName : name;
    // A tag and a digest at once, or neither.
    if (sign === undefined || key === '' || plainText(key) === undefined || /:[^/]*$/.test(newName))
      throw new Unclear('the image of `kustomize edit set image`');
    const at = `.images[name=${pathValue(key)}]`;
    const value: Fact = { is: 'edit', file, path: `${at}.${sign === ':' ? 'newTag' : 'digest'}`, value: version };
    return given === undefined || newName === '*'
      ? [value]
      : [{ is: 'edit', file, path: `${at}.newName`, value: newName }, value];
  });
  return { facts };
}
