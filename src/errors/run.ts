import { entry, exitCodes } from './codes.ts';

/** Ends of a whole run that belong to no stage. */
export const runErrors = {
  INTERRUPTED: entry<{ signal: string }>(
    exitCodes.interrupted,
    ({ signal }) => `Interrupted by ${signal}.`,
    () => 'Nothing is half done: run the same command again.',
  ),
} as const;
