import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.config;

/** What `tagboat.yaml` or the command line says wrong. */
export const configErrors = {
  PATH_SYNTAX_INVALID: entry<{ path: string; column: number; reason: string }>(
    exit,
    ({ path, column, reason }) => `The path ${JSON.stringify(path)} breaks at character ${column}: ${reason}.`,
    () => 'Paths look like .front.imageTag, .images[name=app].newTag, .list[0], ."a.b" or doc[kind=Deployment].spec.x.',
  ),
  VALUE_UNWRITABLE: entry<{ path: string; why: string }>(
    exit,
    ({ path, why }) => `The value for ${path} can't be written to a file: ${why}.`,
    () => 'Give it another value.',
  ),
} as const;
