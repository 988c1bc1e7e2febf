/** Lines and columns count from 1; columns in UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A piece of an instruction, variables not yet replaced. */
export interface Word {
  readonly text: string;
  readonly at: Position;
}

/** A file written inside the Dockerfile: `<<NAME` … `NAME`. */
export interface Heredoc {
  readonly name: string;
  /** False when the name is quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs are taken off each line. */
  readonly chomp: boolean;
  /** As written, tabs included. */
  readonly content: string;
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
  /** `ENV name value`, the old form without `=`. */
  readonly old: boolean;
}

export interface Argument {
  readonly name: string;
  readonly value: string | undefined;
}

/** What both copying instructions share. */
export interface Transfer {
  readonly sources: readonly Word[];
  readonly files: readonly Heredoc[];
  readonly dest: Word;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly exclude: readonly string[];
}

/** JSON form runs as is, shell form behind the stage's shell. */
export interface CommandLine {
  readonly form: 'json' | 'shell';
  readonly words: readonly string[];
  readonly files: readonly Heredoc[];
}

/** Durations in nanoseconds, 0 where none is given (Docker's image config). */
export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface From {
  readonly base: Word;
  /** Lower case. */
  readonly name: string | undefined;
  readonly platform: string | undefined;
}

/** What an instruction says, by its keyword. Nothing is expanded yet. */
export type Saying =
  | ({ readonly is: 'from' } & From)
  | { readonly is: 'arg'; readonly args: readonly Argument[] }
  | { readonly is: 'env'; readonly pairs: readonly NameValue[] }
  | { readonly is: 'label'; readonly pairs: readonly NameValue[] }
  | ({ readonly is: 'copy'; readonly from: string | undefined; readonly parents: boolean } & Transfer)
  | ({
      readonly is: 'add';
      readonly checksum: string | undefined;
      readonly keepGitDir: boolean | undefined;
      readonly unpack: boolean | undefined;
    } & Transfer)
  | ({ readonly is: 'run'; readonly mounts: readonly Readonly<Record<string, string>>[] } & CommandLine)
  | ({ readonly is: 'cmd' } & CommandLine)
  | ({ readonly is: 'entrypoint' } & CommandLine)
  | { readonly is: 'shell'; readonly shell: readonly string[] }
  | { readonly is: 'workdir'; readonly path: string }
  | { readonly is: 'user'; readonly user: string }
  | { readonly is: 'expose'; readonly ports: readonly string[] }
  | { readonly is: 'volume'; readonly paths: readonly string[] }
  | { readonly is: 'stopsignal'; readonly signal: string }
  | { readonly is: 'healthcheck'; readonly check: Healthcheck }
  | { readonly is: 'maintainer'; readonly author: string }
  | { readonly is: 'onbuild'; readonly trigger: string };

/** Where an instruction stands. */
export interface InstructionPlace {
  readonly at: Position;
  /** Its last line, heredocs included. */
  readonly lastLine: number;
  /** Continuation lines joined, comments taken out, heredoc bodies left out. */
  readonly source: string;
}

export type Instruction = Saying & InstructionPlace;

export type Said<K extends Saying['is']> = Extract<Instruction, { is: K }>;
