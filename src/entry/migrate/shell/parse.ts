import { lex, type ShellToken } from './lex.ts';
import { type Redirect, type Shell, type ShellWord, type Simple, Unclear } from './tree.ts';

const strange = ['while', 'until', 'case', 'select', 'function', 'coproc', '[[', '((', 'time'];

/** A script as a list of commands. Throws Unclear for what isn't understood: nothing of it is guessed. */
export function parseShell(script: string): Shell[] {
  const tokens = lex(script);
  let at = 0;
  const peek = (): ShellToken | undefined => tokens[at];
  const isSign = (...wanted: string[]): boolean => {
    const token = peek();
    return token?.is === 'sign' && wanted.includes(token.sign);
  };
  const line = (): number => peek()?.line ?? tokens.at(-1)?.line ?? 0;
  const keyword = (): string | undefined => {
    const token = peek();
    if (token?.is !== 'word') return undefined;
    const [only] = token.word;
    return token.word.length === 1 && only?.is === 'text' && !only.quoted ? only.text : undefined;
  };
  const expect = (word: string): void => {
    if (keyword() !== word) throw new Unclear(`\`${word}\` is missing`, line());
    at++;
  };
  const skip = (): void => {
    while (isSign('\n', ';')) at++;
  };

  const list = (...until: string[]): Shell[] => {
    const all: Shell[] = [];
    for (;;) {
      skip();
      const word = keyword();
      if (peek() === undefined || isSign(')') || (word !== undefined && until.includes(word))) return all;
      all.push(chain());
      if (peek() !== undefined && !isSign('\n', ';', ')')) {
        throw new Unclear(isSign('&') ? 'a command in the background' : 'what stands here', line());
      }
    }
  };
  const chain = (): Shell => {
    let left = pipeline();
    while (isSign('&&', '||')) {
      const is = isSign('&&') ? 'and' : 'or';
      at++;
      skip();
      left = { is, left, right: pipeline(), line: left.line };
    }
    return left;
  };
  const pipeline = (): Shell => {
    const first = line();
    if (keyword() === '!') {
      at++;
      return { is: 'not', of: pipeline(), line: first };
    }
    const parts = [command()];
    while (isSign('|')) {
      at++;
      skip();
      parts.push(command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { is: 'pipe', parts, line: first };
  };
  const command = (): Shell => {
    const first = line();
    const word = keyword();
    if (word !== undefined && strange.includes(word)) throw new Unclear(`\`${word}\``, first);
    if (word === 'if') return conditional();
    if (word === 'for') return loop();
    if (isSign('(') || word === '{') {
      const apart = word !== '{';
      at++;
      const body = list('}');
      if (apart ? !isSign(')') : keyword() !== '}') throw new Unclear('a bracket without an end', first);
      at++;
      return { is: 'group', body, apart, line: first };
    }
    return simple();
  };
  const conditional = (): Shell => {
    const first = line();
    at++;
    const when = list('then');
    expect('then');
    const then = list('fi', 'else', 'elif');
    let otherwise: Shell[] = [];
    if (keyword() === 'elif') otherwise = [conditional()];
    else {
      if (keyword() === 'else') {
        at++;
        otherwise = list('fi');
      }
      expect('fi');
    }
    return { is: 'if', when, then, otherwise, line: first };
  };
  const loop = (): Shell => {
    const first = line();
    at++;
    const name = keyword() ?? '';
    at++;
    expect('in');
    const items: ShellWord[] = [];
    for (let token = peek(); token?.is === 'word'; token = peek()) {
      items.push(token.word);
      at++;
    }
    skip();
    expect('do');
    const body = list('done');
    expect('done');
    return { is: 'for', name, items, body, line: first };
  };
  const simple = (): Simple => {
    const first = line();
    const sets: Simple['sets'][number][] = [];
    const words: ShellWord[] = [];
    const redirects: Redirect[] = [];
    let input: string | undefined;
    for (let token = peek(); token !== undefined; token = peek()) {
      if (token.is === 'word') {
        at++;
        const set = words.length === 0 ? assignment(token.word) : undefined;
        const next = peek();
        const isNumber = token.glued && next?.is === 'sign' && token.word[0]?.is === 'text';
        if (isNumber && /^\d$/.test(token.word[0]?.is === 'text' ? token.word[0].text : '')) continue;
        if (set === undefined) words.push(token.word);
        else sets.push(set);
      } else if (token.is === 'sign' && ['>', '>>', '<', '>&', '&>', '<<<'].includes(token.sign)) {
        at++;
        const to = peek();
        if (to?.is !== 'word') throw new Unclear('a redirection to nothing', token.line);
        redirects.push({ sign: token.sign, to: to.word });
        at++;
      } else if (token.is === 'sign' && token.sign === '<<') {
        const here = tokens[at + 1];
        input = here?.is === 'here' ? here.text : undefined;
        at += 2;
      } else break;
    }
    if (words.length + sets.length + redirects.length === 0) throw new Unclear('what stands here', first);
    if (isSign('(')) throw new Unclear('a function', first);
    return { is: 'simple', sets, words, redirects, input, line: first };
  };

  const all = list();
  if (peek() !== undefined) throw new Unclear('what stands here', line());
  return all;
}

function assignment(word: ShellWord): Simple['sets'][number] | undefined {
  const [first, ...rest] = word;
  if (first?.is !== 'text' || first.quoted) return undefined;
  const [all = '', name] = /^([A-Za-z_]\w*)=/.exec(first.text) ?? [];
  if (name === undefined) return undefined;
  return { name, value: [{ ...first, text: first.text.slice(all.length) }, ...rest] };
}
