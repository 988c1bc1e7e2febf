import { beginning } from '../wire/text/shorten.ts';

/** A builder's output: handed on line by line, and the newest lines kept for the error. */
export interface BuildLog {
  readonly line: (line: string) => void;
  /** At most the last 200. */
  readonly last: () => readonly string[];
}

const mostLines = 200;
const longestLine = 2_000;

/** A log that hands each line to `tell`. Lines are cut, so that no builder can fill memory or an event file. */
export function createBuildLog(tell: (line: string) => void): BuildLog {
  const kept: string[] = [];
  return {
    line: (line) => {
      const shown = line.length > longestLine ? `${beginning(line, longestLine)}…` : line;
      if (shown.trim() === '') return;
      kept.push(shown);
      if (kept.length > mostLines) kept.shift();
      tell(shown);
    },
    last: () => [...kept],
  };
}
