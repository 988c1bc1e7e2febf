import { type CommandNode, parse, type Redirection, type Statement, type Command as Words } from 'unbash';
import type { Fact, Found } from '../facts.ts';
import { Unclear } from '../facts.ts';
import { plainText, type RunText, unknownValue } from '../value.ts';
import { isAboutChanges, type Outcome, type Recogniser } from './call.ts';
import { assigned, type Expanding, expandOne, expandWord, textOf } from './words.ts';

interface Scope extends Pick<Expanding, 'plainBranches' | 'wholeCommits'> {
  readonly dir: string;
  readonly variable: (name: string) => RunText;
  readonly recognisers: Readonly<Record<string, Recogniser>>;
}

/** What goes into a command, what it has printed, and where that goes by `>` or `>>`. */
interface Streams {
  readonly input: RunText | undefined;
  readonly out: { text: RunText };
  readonly into: RunText | undefined;
}

const noStreams = (input?: RunText): Streams => ({ input, out: { text: '' }, into: undefined });

/** What the commands after it need to know of one. */
type End = Pick<Outcome, 'asks' | 'ends'>;

const strange: Readonly<Record<string, string>> = {
  ArithmeticFor: '`for ((…))`',
  ArithmeticCommand: '`((…))`',
  Case: '`case`',
  Coproc: '`coproc`',
  Function: 'a function',
  Select: '`select`',
};

/** What may happen only if there is something to commit, as Tagboat commits; and what may be tried again. */
const commits: readonly Fact['is'][] = ['commit', 'pushed', 'note', 'person'];
const afterwards: readonly Fact['is'][] = [...commits, 'application'];

/** Everything that a script does, in order. Throws Unclear, with the script's line, where a command isn't understood. */
export function runScript(text: string, scope: Scope): { readonly found: readonly Found[] } {
  const found: Found[] = [];
  let variables = new Map<string, RunText>();
  let { dir } = scope;
  // What only a run knows is one piece for the shell, whatever is in it.
  const sealed: string[] = [];
  const script = text
    .replaceAll('\r\n', '\n')
    .replace(/\uE000[^\uE001]*\uE001/g, (part) => `\uE000${sealed.push(part) - 1}\uE001`);
  const opened = (part: string): RunText =>
    part.replace(/\uE000(\d+)\uE001/g, (_, at: string) => sealed[Number(at)] ?? '');
  const lineAt = (pos: number): number => script.slice(0, pos).split('\n').length - 1;
  const variable = (name: string): RunText => variables.get(name) ?? scope.variable(name);

  const by: Expanding = {
    ...{ ...scope, variable, opened },
    printed: ({ script: inner, text: written }) => {
      const [facts, before, where] = [found.length, new Map(variables), dir];
      try {
        if (inner === undefined || inner.errors !== undefined) throw new Unclear('a command inside of another');
        const streams = noStreams();
        all(inner.commands, streams);
        // What prints and does something besides is no mere value.
        if (found.length > facts) throw new Unclear('a command inside of another that does more than print');
        return streams.out.text.replace(/\n+$/, '');
      } catch (error) {
        if (!(error instanceof Unclear)) throw error;
        return unknownValue(`it is what \`${opened(written.replace(/^(?:\$\(|`)\s*|\s*[)`]$/g, ''))}\` prints`);
      } finally {
        found.length = facts;
        variables = before;
        dir = where;
      }
    },
  };

  /** What is found by running something may be only of these kinds, or what was found before. */
  const guarded = <T>(run: () => T, kinds: readonly Fact['is'][], why: string): T => {
    const before = found.map(({ fact }) => JSON.stringify(fact));
    const done = run();
    const strangers = found
      .slice(before.length)
      .filter(({ fact }) => !kinds.includes(fact.is) && !before.includes(JSON.stringify(fact)));
    if (strangers.length > 0) throw new Unclear(why);
    return done;
  };

  const all = (list: readonly Statement[], streams: Streams): End => {
    let last: End = {};
    for (const [at, { command, background, pos }] of list.entries()) {
      try {
        if (background === true) throw new Unclear('a command in the background');
        last = visit(command, streams);
        if (last.ends === true && at < list.length - 1) throw new Unclear('what follows `exit`');
      } catch (error) {
        if (error instanceof Unclear) error.line ??= lineAt(pos);
        throw error;
      }
    }
    return last;
  };

  const visit = (node: Statement['command'], streams: Streams): End => {
    switch (node.type) {
      case 'Pipeline': {
        if (node.prefixes.some(({ type }) => type === 'Time')) throw new Unclear('`time`');
        let end: End = {};
        let { input } = streams;
        for (const [at, part] of node.commands.entries()) {
          const own = at < node.commands.length - 1 ? noStreams(input) : { ...streams, input };
          end = visit(part, own);
          input = own.out.text;
        }
        return end;
      }
      case 'AndOr': {
        let left: End | undefined;
        for (const [at, part] of node.commands.entries()) {
          const run = (): End => visit(part, streams);
          const operator = node.operators[at - 1];
          if (left === undefined) left = run();
          else if (operator === '&&') {
            left = left.asks === true ? guarded(run, afterwards, 'what happens only if there are changes') : run();
          } else if (left.asks === true) {
            const right = guarded(run, afterwards, 'what happens only if there are changes');
            left = { ...right, asks: right.asks === true, ends: false };
          } else {
            // After a deed, the second half may only try it again.
            if (found.length === 0) guarded(run, [], '`||`');
            else guarded(run, commits, 'what happens only when a command fails');
            left = {};
          }
        }
        return { ...left, ends: node.operators.length === 0 && left?.ends === true };
      }
      case 'If': {
        for (const { clause, then } of [node, ...node.elif]) {
          if (all(clause.commands, streams).asks !== true) throw new Unclear('a condition');
          guarded(() => all(then.commands, streams), afterwards, 'what happens only if there are changes');
        }
        guarded(() => all(node.else?.commands ?? [], streams), afterwards, 'what happens only if there are changes');
        return {};
      }
      case 'For': {
        for (const item of node.wordlist?.flatMap((word) => expandWord(word, by)) ?? ['*']) {
          if (/[*?[]/.test(item)) throw new Unclear('a loop over files');
          variables.set(node.name.value, item);
          all(node.body.commands, streams);
        }
        return {};
      }
      case 'While':
        guarded(
          () => [node.clause, node.body].map(({ commands }) => all(commands, streams)),
          commits,
          `\`${node.kind}\``,
        );
        return {};
      case 'Subshell': {
        const [before, where] = [new Map(variables), dir];
        const outcome = all(node.body.commands, streams);
        variables = before;
        dir = where;
        return { ...outcome, ends: false };
      }
      case 'BraceGroup':
        return all(node.body.commands, streams);
      case 'Redirected':
        return visit(node.command, redirected(node.redirects, streams));
      case 'TestCommand':
        if (node.expression.type === 'TestUnary' && isAboutChanges(expandOne(node.expression.operand, by)))
          return { asks: true };
        throw new Unclear('a condition');
      case 'Command':
        return simple(node, streams);
      default:
        throw new Unclear(strange[(node as CommandNode).type] ?? 'what stands here');
    }
  };

  const redirected = (redirects: readonly Redirection[], streams: Streams): Streams => {
    let { input, into } = streams;
    for (const one of redirects) {
      if (one.type === 'HereDoc') {
        const { delimiter, body } = one;
        input = delimiter?.quoted === true || body.parts === undefined ? opened(body.text) : textOf(body.parts, by);
      } else {
        const target = expandOne(one.target, by);
        const isError = one.descriptor?.type === 'FileDescriptor' && one.descriptor.value === 2;
        if (one.type === 'HereString') input = `${target}\n`;
        else if (one.operator.includes('<')) throw new Unclear('what comes from a file');
        else if (!isError && target !== '1') into = target === '2' ? '/dev/null' : target;
      }
    }
    return { ...streams, input, into };
  };

  const simple = (node: Words, outer: Streams): End => {
    const own = new Map<string, RunText>();
    for (const one of node.prefix) if (one.type === 'Assignment') own.set(one.name, assigned(one, by));
    const { input, into } = redirected(node.redirects, outer);
    if (node.name === undefined) {
      for (const [name, value] of own) variables.set(name, value);
      return {};
    }
    const words = [node.name, ...node.args].flatMap((word) => expandWord(word, by));
    while (words[0] === 'sudo' || words[0] === 'command') words.shift();
    const name = plainText(words[0] ?? '');
    const program = name?.split('/').at(-1) ?? '';
    const recogniser = Object.hasOwn(scope.recognisers, program) ? scope.recognisers[program] : undefined;
    if (recogniser === undefined) throw new Unclear(`\`${name ?? 'a command that only a run knows'}\``);
    const call = { program, args: words.slice(1), dir, input, wholeCommits: scope.wholeCommits };
    const outcome = recogniser({ ...call, variable: (one) => own.get(one) ?? variable(one) });
    const line = lineAt(node.pos);
    for (const fact of outcome.facts ?? []) found.push({ fact, line });
    for (const fact of written(outcome, into)) found.push({ fact, line });
    for (const [one, value] of outcome.sets ?? []) variables.set(one, value);
    dir = outcome.dir ?? dir;
    const { prints = '' } = outcome;
    if (into === undefined && prints !== '') outer.out.text += prints.endsWith('\n') ? prints : `${prints}\n`;
    return outcome;
  };

  const parsed = parse(script);
  const [error] = parsed.errors ?? [];
  if (error !== undefined) throw new Unclear(`the script (${error.message})`, lineAt(error.pos));
  all(parsed.commands, noStreams());
  return { found };
}

/** What a command leaves for later steps, by what it prints into the runner's files. Throws Unclear for other files. */
function written({ prints }: Outcome, into: RunText | undefined): Fact[] {
  if (into === undefined || into === '/dev/null' || into === '/github/summary') return [];
  const is = ({ '/github/env': 'env', '/github/output': 'output' } as const)[into];
  if (is === undefined || prints === undefined) throw new Unclear('a file that is written');
  return prints
    .replace(/\n$/, '')
    .split('\n')
    .map((line): Fact => {
      const [, name, value = ''] = /^([\w-]+)=([\s\S]*)$/.exec(line) ?? [];
      if (name === undefined) throw new Unclear('what is written for later steps');
      return { is, name, value };
    });
}
