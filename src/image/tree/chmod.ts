import { Misread } from '../dockerfile/invalid.ts';

/** What a `--chmod` does. */
export interface Chmod {
  /** The permissions themselves where it names them by number; undefined where it changes those that are there. */
  readonly octal: number | undefined;
  /** The permissions (07777) that become of these. */
  readonly apply: (mode: number, isFolder: boolean) => number;
}

/** One change of `mode`, where `before` is what the file had when the first one began. */
type Step = (mode: number, before: number, isFolder: boolean) => number;

const sticky = 0o1000;
const execute = 0o111;
// setuid goes with the owner, setgid with the group; nobody has the sticky bit until `t` is said.
const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const bitsOf: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: execute, s: 0o6000 };
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const clauseForm = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/;

/**
 * Reads a `--chmod`: octal, or symbolic as BuildKit reads it, which is BSD's setmode(3) with no umask: classes, `X`,
 * copies between classes (`g=u`), several clauses. Empty means none: undefined. Throws Misread.
 */
export function readChmod(text: string): Chmod | undefined {
  if (text === '') return undefined;
  if (/^\d/.test(text)) {
    const octal = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (!(octal <= 0o7777)) throw new Misread(`--chmod is octal, from 0 to 7777, not ${text}`);
    return { octal, apply: () => octal };
  }
  const steps = text.split(',').flatMap((clause) => readClause(clause, text));
  return {
    octal: undefined,
    apply: (mode, isFolder) => steps.reduce((now, step) => step(now, mode, isFolder), mode),
  };
}

function readClause(clause: string, text: string): Step[] {
  const match = clauseForm.exec(clause);
  if (match === null) {
    const which = clause === text ? '' : `, of which ${JSON.stringify(clause)} is wrong`;
    throw new Misread(`--chmod=${text} is no mode${which}: octal as 0755 and symbolic as u=rwX,go=rX are understood`);
  }
  const [, letters = '', actions = ''] = match;
  const who = [...letters].reduce((bits, letter) => bits | (classes[letter] ?? 0), 0);
  return [...actions.matchAll(/([-+=])([^-+=]*)/g)].flatMap(([, sign = '', what = '']) => readAction(who, sign, what));
}

/** One sign and what follows it. `who` is 0 where no class is named: then all are meant. */
function readAction(who: number, sign: string, what: string): Step[] {
  const steps: Step[] = [];
  let mask = who;
  let bits = 0;
  let cleared = false;

  const flush = () => {
    const meant = mask === 0 ? bits : bits & mask;
    if (sign === '=') {
      cleared = true;
      const gone = mask === 0 ? (classes.a ?? 0) : mask;
      steps.push((mode) => (mode & ~gone) | meant);
    } else if (sign === '+') steps.push((mode) => mode | meant);
    else steps.push((mode) => mode & ~meant);
    bits = 0;
  };
  // Asked of the file as it was: what `u-x,+X` finds is that there was an x.
  let conditional = false;
  const flushConditional = () => {
    const meant = mask === 0 ? execute : execute & mask;
    steps.push((mode, before, isFolder) => (isFolder || (before & execute) !== 0 ? mode | meant : mode));
    conditional = false;
  };

  for (const letter of what) {
    // Others alone have neither of these.
    const ignored = (letter === 's' || letter === 't') && mask !== 0 && (mask & ~0o7) === 0;
    if (ignored) continue;
    const from = shifts[letter];
    if (from !== undefined) {
      if (bits !== 0) flush();
      cleared = true;
      if (conditional) flushConditional();
      steps.push(copyOf(from, mask, sign));
    } else if (letter === 't') {
      // Surprising and so in BuildKit: where no class is named, `t` leaves nothing of the action but itself.
      mask |= sticky;
      bits |= sticky;
    } else if (letter === 'X' && sign !== '-') conditional = true;
    else bits |= letter === 'X' ? execute : (bitsOf[letter] ?? 0);
  }
  if (bits !== 0 || (sign === '=' && !cleared)) flush();
  if (conditional) flushConditional();
  return steps;
}

/** `g=u` and the like: the permissions of one class, as they are by then, given to or taken from others. */
function copyOf(from: number, mask: number, sign: string): Step {
  const targets = Object.values(shifts).filter((to) => mask === 0 || (mask & (0o4 << to)) !== 0);
  return (mode) => {
    const given = (mode >> from) & 0o7;
    return targets.reduce((now, to) => {
      if (sign === '-') return now & ~(given << to);
      return (sign === '=' ? now & ~(0o7 << to) : now) | (given << to);
    }, mode);
  };
}
