import { nearestWord } from '../../errors/spelling.ts';
import { type Place, TagboatError } from '../../errors.ts';
import type { Position } from './instruction.ts';

/** A mistake found before its place is known: whoever knows the place adds it. */
export class Misread extends Error {
  override readonly name = 'Misread';
}

/** DOCKERFILE_INVALID at a place. */
export function invalid(place: Place, reason: string): TagboatError<'DOCKERFILE_INVALID'> {
  return new TagboatError('DOCKERFILE_INVALID', { reason }, { place });
}

/** ` (did you mean X?)` when one of the names looks like what was written, else nothing. */
export function didYouMean(written: string, names: readonly string[], before = ''): string {
  const found = nearestWord(written, names);
  return found === undefined ? '' : ` (did you mean ${before}${found}?)`;
}

/** Runs `work`; what it misread becomes DOCKERFILE_INVALID at that place. */
export function placed<T>(place: () => Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Misread) throw invalid(place(), error.message);
    throw error;
  }
}

/** The place of a position in a Dockerfile's text, with its line for the caret. */
export function linePlace(file: string, lines: readonly string[], at: Position): Place {
  const text = lines[at.line - 1];
  const place = { file, line: at.line, column: at.column };
  // What ENV and ARG set may be a secret, however wrong that is: such a line isn't repeated in logs.
  if (text === undefined || /^\s*(?:onbuild\s+)?(?:env|arg)\b/i.test(text)) return place;
  return { ...place, text };
}
