import type { Fact } from '../facts.ts';
import { type Outcome, pathInside, type ShellCall } from '../shell/run.ts';
import { Unclear } from '../shell/tree.ts';
import { plainText, type RunText } from '../value.ts';

/** `yq -i '.a.b = "x"' FILE` of Mike Farah's yq 4, its older `yq w -i`, and the one in Python by `-y -i`. */
export function recogniseYq(call: ShellCall): Outcome {
  const [first, ...others] = call.args;
  if (first === 'w' || first === 'write') {
    const [file = '', path = '', value = ''] = others.filter((one) => one !== '-i' && one !== '--inplace');
    return { facts: [{ is: 'edit', file: pathInside(call, file), path: `.${plain(path)}`, value }] };
  }
  const args = first === 'e' || first === 'eval' ? others : call.args;
  const words = args.filter((one) => !/^-(?:i|y|Y|iy|yi|P|e|r)$|^--(?:inplace|in-place|yaml-output)$/.test(one));
  if (words.length === args.length || words.some((one) => one.startsWith('-'))) throw new Unclear('`yq`');
  const [expression = '', file = '', ...more] = words;
  if (more.length > 0 || !args.some((one) => /^-(?:i|iy|yi)$|^--in-?place$/.test(one))) throw new Unclear('`yq`');
  const inner = pathInside(call, file);
  return { facts: yqEdits(expression, call.variable).map((edit): Fact => ({ is: 'edit', file: inner, ...edit })) };
}

const literal = /^(?:"((?:[^"\\]|\\.)*)"|(?:str)?env\((\w+)\)|\$ENV\.(\w+)|(true|false|-?\d+(?:\.\d+)?))$/;

/** The assignments that an expression of yq is made of. Throws Unclear. */
export function yqEdits(
  expression: RunText,
  variable: ShellCall['variable'],
): { path: string; value: RunText; typed?: boolean }[] {
  return parted(expression, '|').map((part) => {
    const [, left = '', right = ''] = /^\s*([\s\S]*?[^!<>=|])\s*=\s*([^=~][\s\S]*?)\s*$/.exec(part) ?? [];
    const [found, text, name, environment, bare] = literal.exec(right) ?? [];
    if (left === '' || found === undefined) throw new Unclear('an expression of `yq` other than PATH = VALUE');
    const path = yqPath(left.trim());
    if (bare !== undefined) return { path, value: bare, typed: true };
    return { path, value: text?.replace(/\\(.)/g, '$1') ?? variable(name ?? environment ?? '') };
  });
}

/** The parts of an expression between signs that stand outside of quotes and brackets. */
function parted(expression: string, sign: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < expression.length; at++) {
    const character = expression[at] ?? '';
    if (character === '"' && expression[at - 1] !== '\\') quoted = !quoted;
    if (!quoted && '([{'.includes(character)) depth++;
    if (!quoted && ')]}'.includes(character)) depth--;
    if (character === sign && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** A path of yq as Tagboat writes it: `(.images[] | select(.name == "app") | .newTag)` is `.images[name=app].newTag`. */
function yqPath(text: string): string {
  const path = text
    .replace(/^\(([\s\S]*)\)$/, '$1')
    .replace(/\s*\|\s*select\(\s*\.([\w.-]+)\s*==\s*"([^"]*)"\s*\)\s*(?:\|\s*)?/g, '<$1=$2>')
    .replace(
      /\[\]<([^<>]*)>/g,
      (_, condition: string) =>
        `[${condition.replace(/=(.*)$/, (all, value: string) => (/^[\w./-]+$/.test(value) ? all : `="${value}"`))}]`,
    )
    .replace(/\.\["([^"]+)"\]/g, '."$1"')
    .replace(/\["([^"]+)"\]/g, '."$1"');
  const step = /(?:\.[\w-]+|\."[^"]+"|\[-?\d+\]|\[[\w.-]+=(?:[\w./-]+|"[^"]*")\])/y;
  let at = 0;
  while (at < path.length) {
    step.lastIndex = at;
    const [found] = step.exec(path) ?? [];
    if (found === undefined) throw new Unclear(`the path ${plainText(text) ?? ''} of \`yq\``);
    at += found.length;
  }
  return path;
}

function plain(text: RunText): string {
  const path = plainText(text);
  if (path === undefined || !/^[\w-]+(?:\.[\w-]+)*$/.test(path)) throw new Unclear('the path of `yq`');
  return path;
}

/** `sed -i 's/…/…/' FILE`: which values that changes only the file can tell, so it is looked at later. */
export function recogniseSed(call: ShellCall): Outcome {
  const scripts: RunText[] = [];
  const rest: RunText[] = [];
  let inPlace = false;
  let extended = false;
  for (let at = 0; at < call.args.length; at++) {
    const one = call.args[at] ?? '';
    if (one === '-e') scripts.push(call.args[++at] ?? '');
    else if (/^-(?:[Er]*i[Er]*|i\.\w+)$/.test(one) || one === '--in-place') {
      inPlace = true;
      extended ||= /[Er]/.test(one.replace(/\.\w+$/, ''));
    } else if (/^-[Er]$/.test(one)) extended = true;
    else rest.push(one);
  }
  if (!inPlace) throw new Unclear('`sed`');
  if (scripts.length === 0) scripts.push(rest.shift() ?? '');
  const facts = rest.flatMap((file) =>
    scripts.map((script): Fact => ({ is: 'replace', file: pathInside(call, file), script, extended })),
  );
  return { facts };
}

/** `kustomize edit set image NAME[=NEWNAME][:TAG|@DIGEST]`. */
export function recogniseKustomize(call: ShellCall): Outcome {
  const [edit, set, what, ...images] = call.args;
  if (edit !== 'edit' || set !== 'set' || what !== 'image' || images.length === 0) throw new Unclear('`kustomize`');
  const file = pathInside(call, 'kustomization.yaml');
  const facts = images.flatMap((image): Fact[] => {
    const [, name = '', given] = /^((?:\uE000[^\uE001]*\uE001|[^=\uE000])*)(?:=([\s\S]*))?$/.exec(image) ?? [];
    const [, newName = '', sign, version = ''] =
      /^((?:\uE000[^\uE001]*\uE001|[^@\uE000])*?)(?:([:@])((?:\uE000[^\uE001]*\uE001|[^/:\uE000])*))?$/.exec(
        given ?? image,
      ) ?? [];
    const key = given === undefined ? newName : name;
    if (sign === undefined || plainText(key) === undefined)
      throw new Unclear('the image of `kustomize edit set image`');
    const at = `.images[name=${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}]`;
    const value: Fact = { is: 'edit', file, path: `${at}.${sign === ':' ? 'newTag' : 'digest'}`, value: version };
    return given === undefined || newName === '*'
      ? [value]
      : [{ is: 'edit', file, path: `${at}.newName`, value: newName }, value];
  });
  return { facts };
}
