import type { CommitOutcome, CommitPreview } from '../../../plan/outcome.ts';
import { changeNote } from '../change-words.ts';
import { short } from '../printable.ts';
import { commitPage, safePage } from './links.ts';
import { code, cut, escaped, fenced, linked, viewed } from './markdown.ts';

/** What became of one config commit. */
export function commitPart(name: string, outcome: CommitOutcome, most: number): string[] {
  const where = `${code(outcome.branch)} of ${escaped(outcome.repo)}`;
  switch (outcome.is) {
    case 'landed':
      return [
        `\n**${escaped(name)}**: landed ${code(short(outcome.commit))}${viewed(commitPage(outcome.repo, outcome.commit))} on ${where}\n`,
        ...changesPart(outcome, most),
      ];
    case 'proposed': {
      const { number, url } = outcome.pullRequest;
      return [
        `\n**${escaped(name)}**: waiting for review as ${linked(`pull request ${number}`, safePage(url))} into ${where}\n`,
        ...changesPart(outcome, most),
      ];
    }
    case 'unchanged':
      return [`\n**${escaped(name)}**: unchanged, ${where} already says so\n`];
    case 'superseded':
      return [`\n**${escaped(name)}**: superseded by ${code(short(outcome.by))}: ${escaped(outcome.why)}\n`];
    case 'held':
      return [
        `\n**${escaped(name)}**: held by ${escaped(outcome.by)}${outcome.until === undefined ? '' : ` until ${escaped(outcome.until)}`}: ${escaped(outcome.why)}\n`,
      ];
  }
}

/** Each value, and the files' diff, of which so many characters are shown. */
export function changesPart(
  { changes, written = [], diff }: Pick<CommitPreview, 'changes' | 'written' | 'diff'>,
  most: number,
): string[] {
  const lines = changes.map((change) => {
    const note = changeNote(change);
    const values = `${change.before === undefined ? '(new)' : code(change.before)} → ${code(change.after)}`;
    return `- ${code(change.file)} ${code(change.path)}: ${values}${note === '' ? '' : ` (${escaped(note)})`}\n`;
  });
  const files = written.map(({ file, is }) => `- ${code(file)} ${is}\n`);
  return [...lines, ...files, `\n${fenced('diff', cut(diff, most))}`];
}
