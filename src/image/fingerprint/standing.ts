import type { Instruction } from '../dockerfile/instruction.ts';
import type { Needed, NeededStage, Origin } from '../dockerfile/stages.ts';
import type { TakenFiles } from './files.ts';
import type { Inputs } from './inputs.ts';
import type { FingerprintQuestion, InputReader } from './question.ts';
import type { Scope, Value } from './scope.ts';

/** Which files are read depends on a variable of a base image. */
export class NeedsBase extends Error {
  override readonly name = 'NeedsBase';
}

/** What working out one platform's stages needs. */
export interface StageWork {
  readonly question: FingerprintQuestion;
  readonly platform: string;
  readonly needed: Needed;
  readonly reader: InputReader;
  /** The bases' variables are read. */
  readonly withBase: boolean;
  readonly inputs: Inputs;
  readonly careful: Set<string>;
}

/** A piece of what is hashed: texts and lists of them, as JSON. */
export type Code = string | readonly Code[];

/** How a stage stands while its instructions are gone through. */
export interface Standing {
  readonly work: StageWork;
  readonly stage: NeededStage;
  readonly variables: Map<string, Value>;
  readonly scope: Scope;
  user: Value;
  shell: string;
  readonly value: (text: string) => Value;
  /** A value that has to be known: it says which files are read. Throws NeedsBase. */
  readonly text: (text: string) => string;
  readonly place: (instruction: Instruction) => string;
  /** The digest of what a `--from` names; a folder's files are the instruction's to choose. */
  readonly origin: (origin: Exclude<Origin, { is: 'folder' }>) => Promise<Code>;
}

/** An argument that `args:` gives, as an input by its name. */
export function addArgument(name: string, { question, inputs }: StageWork): void {
  const given = Object.hasOwn(question.args, name) ? question.args[name] : undefined;
  if (given !== undefined) inputs.add('argument', name, given);
}

/**
 * Files as inputs by their names, those of a named context with its name. A checkout's history among them makes every
 * commit another image.
 */
export function addFiles({ files }: TakenFiles, context: string | undefined, { inputs, careful }: StageWork): void {
  for (const { path, value } of files) {
    inputs.add('file', context === undefined ? path : `${path} (context ${context})`, value);
    if (path.startsWith('.git/')) {
      careful.add(
        '.git counts, because it is copied or mounted: every commit makes another image. .dockerignore can leave it out.',
      );
    }
  }
}
