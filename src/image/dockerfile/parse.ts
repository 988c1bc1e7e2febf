import { beginning } from '../../wire/text/shorten.ts';
import { type Flags, readFlags } from './flags.ts';
import { readHealthcheck } from './healthcheck.ts';
import { heredocWord } from './heredoc.ts';
import type {
  Argument,
  CommandLine,
  From,
  Heredoc,
  NameValue,
  Position,
  Saying,
  Transfer,
  Word,
} from './instruction.ts';
import { didYouMean, Misread } from './invalid.ts';
import type { Line } from './lines.ts';
import { blankSeparated, jsonStrings, quotedWords, type Split, split } from './words.ts';

/** What parsing one instruction needs to know. */
export interface Parsing {
  readonly line: Line;
  readonly parts: Split;
  readonly escape: string;
  readonly files: readonly Heredoc[];
}

const keywords = {
  add: (p: Parsing): Saying => {
    const flags = flagsOf(p, { ...transferFlags, checksum: 'text', 'keep-git-dir': 'yes', unpack: 'yes' });
    return {
      is: 'add',
      ...transfer(p, flags),
      checksum: flags.text('checksum'),
      keepGitDir: flags.yes('keep-git-dir'),
      unpack: flags.yes('unpack'),
    };
  },
  arg: (p: Parsing): Saying => ({ is: 'arg', args: readArguments(p) }),
  cmd: (p: Parsing): Saying => {
    flagsOf(p, {});
    return { is: 'cmd', ...command(p) };
  },
  copy: (p: Parsing): Saying => {
    const flags = flagsOf(p, { ...transferFlags, from: 'text', parents: 'yes' });
    return {
      is: 'copy',
      ...transfer(p, flags),
      from: flags.text('from') || undefined,
      parents: flags.yes('parents') === true,
    };
  },
  entrypoint: (p: Parsing): Saying => {
    flagsOf(p, {});
    return { is: 'entrypoint', ...command(p) };
  },
  env: (p: Parsing): Saying => ({ is: 'env', pairs: pairs(p) }),
  expose: (p: Parsing): Saying => {
    flagsOf(p, {});
    const ports = blankSeparated(p.parts.rest, p.line).map((word) => word.text);
    if (ports.length === 0) throw new Misread('EXPOSE needs at least one port');
    return { is: 'expose', ports: ports.sort(byBytes) };
  },
  from: (p: Parsing): Saying => ({ is: 'from', ...from(p) }),
  healthcheck: (p: Parsing): Saying => ({ is: 'healthcheck', check: readHealthcheck(p.parts) }),
  label: (p: Parsing): Saying => ({ is: 'label', pairs: pairs(p) }),
  maintainer: (p: Parsing): Saying => ({ is: 'maintainer', author: only(p, 'a name') }),
  onbuild: (p: Parsing): Saying => ({ is: 'onbuild', trigger: trigger(p) }),
  run: (p: Parsing): Saying => {
    const flags = flagsOf(p, { mount: 'list', network: 'text', security: 'text', device: 'list' });
    const mounts = flags
      .list('mount')
      .map((mount) =>
        Object.fromEntries(
          mount.split(',').map((field) => [field.replace(/=.*$/s, '').toLowerCase(), field.replace(/^[^=]*=?/, '')]),
        ),
      );
    return { is: 'run', mounts, ...command(p) };
  },
  shell: (p: Parsing): Saying => {
    flagsOf(p, {});
    const shell = strings(p);
    if (shell === undefined) throw new Misread('SHELL is written as a JSON array: SHELL ["/bin/sh", "-c"]');
    if (shell.length === 0) throw new Misread('SHELL needs at least one word');
    return { is: 'shell', shell };
  },
  stopsignal: (p: Parsing): Saying => ({ is: 'stopsignal', signal: only(p, 'a signal') }),
  user: (p: Parsing): Saying => ({ is: 'user', user: only(p, 'a user') }),
  volume: (p: Parsing): Saying => {
    flagsOf(p, {});
    const paths = (strings(p) ?? blankSeparated(p.parts.rest, p.line).map((word) => word.text)).map((path) =>
      path.trim(),
    );
    if (paths.length === 0) throw new Misread('VOLUME needs at least one path');
    if (paths.includes('')) throw new Misread("a VOLUME can't be empty");
    return { is: 'volume', paths };
  },
  workdir: (p: Parsing): Saying => ({ is: 'workdir', path: only(p, 'a path') }),
} as const;

/** What one instruction says. Throws Misread. */
export function parse(parsing: Parsing): Saying {
  const name = parsing.parts.keyword.toLowerCase();
  const known = Object.keys(keywords).map((keyword) => keyword.toUpperCase());
  if (!Object.hasOwn(keywords, name)) {
    throw new Misread(`there is no instruction ${beginning(parsing.parts.keyword, 60)}${didYouMean(name, known)}`);
  }
  return keywords[name as keyof typeof keywords](parsing);
}

const transferFlags = { chown: 'text', chmod: 'text', link: 'yes', exclude: 'list' } as const;

function flagsOf({ parts }: Parsing, allowed: Parameters<typeof readFlags>[1]): Flags {
  return readFlags(parts.flags, allowed);
}

function transfer(p: Parsing, flags: Flags): Transfer {
  const json = strings(p);
  const at = p.line.at(p.parts.rest.from);
  const words: Word[] = json?.map((text) => ({ text, at })) ?? blankSeparated(p.parts.rest, p.line);
  const dest = words.pop();
  const name = p.parts.keyword.toUpperCase();
  if (dest === undefined || words.length === 0) throw new Misread(`${name} needs a source and a destination`);
  if (heredocWord(dest.text) !== undefined) throw new Misread(`${name} can't write into a heredoc`);
  const sources = words.filter((word) => heredocWord(word.text) === undefined);
  const files = words
    .map((word) => heredocWord(word.text)?.name)
    .filter((file) => file !== undefined)
    .map((file) => p.files.findLast((heredoc) => heredoc.name === file))
    .filter((file) => file !== undefined);
  return {
    sources,
    files,
    dest,
    chown: flags.text('chown') || undefined,
    chmod: flags.text('chmod') || undefined,
    link: flags.yes('link') === true,
    exclude: flags.list('exclude'),
  };
}

function command(p: Parsing): CommandLine {
  const json = strings(p);
  if (json !== undefined) return { form: 'json', words: json, files: [] };
  const { text } = p.parts.rest;
  return { form: 'shell', words: text === '' ? [] : [text], files: p.files };
}

function strings({ parts }: Parsing): readonly string[] | undefined {
  const found = jsonStrings(parts.rest.text);
  if (found === 'mixed') throw new Misread('a JSON array here may hold strings only');
  return found;
}

function only(p: Parsing, what: string): string {
  flagsOf(p, {});
  if (p.parts.rest.text === '') throw new Misread(`${p.parts.keyword.toUpperCase()} needs ${what}`);
  return p.parts.rest.text;
}

function pairs(p: Parsing): readonly NameValue[] {
  flagsOf(p, {});
  const keyword = p.parts.keyword.toUpperCase();
  const { text } = p.parts.rest;
  const words = quotedWords(text, p.escape);
  const [first] = words;
  if (first === undefined) throw new Misread(`${keyword} needs a name and a value`);
  if (!first.includes('=')) {
    const blank = /[\t\v\f\r ]+/.exec(text);
    if (blank === null) throw new Misread(`${keyword} needs a value: ${keyword} name=value`);
    return [{ name: text.slice(0, blank.index), value: text.slice(blank.index + blank[0].length), old: true }];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) throw new Misread(`${JSON.stringify(word)} has no "=": values with spaces are written in quotes`);
    if (equals === 0) throw new Misread(`a name is missing before ${JSON.stringify(word)}`);
    return { name: word.slice(0, equals), value: word.slice(equals + 1), old: false };
  });
}

function readArguments(p: Parsing): readonly Argument[] {
  const words = quotedWords(p.parts.rest.text, p.escape);
  if (words.length === 0) throw new Misread('ARG needs a name');
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals === 0) throw new Misread(`a name is missing before ${JSON.stringify(word)}`);
    return equals < 0
      ? { name: word, value: undefined }
      : { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

function from(p: Parsing): From {
  const [base, as, name, ...more] = blankSeparated(p.parts.rest, p.line);
  const named = name !== undefined && as?.text.toLowerCase() === 'as';
  if (base === undefined || more.length > 0 || (as !== undefined && !named)) {
    throw new Misread('FROM is written as FROM image or FROM image AS name');
  }
  const lower = name?.text.toLowerCase();
  if (lower !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(lower)) {
    throw new Misread(
      `a stage can't be called ${JSON.stringify(name?.text)}: a letter first, then letters, digits, "-", "_" and "."`,
    );
  }
  return { base, name: lower, platform: flagsOf(p, { platform: 'text' }).text('platform') || undefined };
}

function trigger(p: Parsing): string {
  flagsOf(p, {});
  const { text } = p.parts.rest;
  const inner = split(p.parts.rest, p.escape).keyword.toUpperCase();
  if (inner === '') throw new Misread('ONBUILD needs an instruction');
  if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(inner)) throw new Misread(`${inner} can't follow ONBUILD`);
  return [text, ...p.files.map((file) => file.content + file.name)].join('\n');
}

/** Go sorts by bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Where an instruction's keyword stands. */
export function startOf({ line, parts }: Pick<Parsing, 'line' | 'parts'>): Position {
  return line.at(parts.keywordAt);
}
