import type { RunText } from './value.ts';

/** One image as a command builds it. Paths are seen from the workspace. */
export interface BuildFact {
  readonly is: 'build';
  readonly refs: readonly RunText[];
  readonly dockerfile: string;
  readonly context: string;
  readonly target?: string | undefined;
  readonly args: readonly (readonly [name: string, value: RunText])[];
  readonly platforms: readonly string[];
}

/** What one step or command does, as far as a delivery is concerned. */
export type Fact =
  | {
      readonly is: 'checkout';
      readonly dir: string;
      readonly repo: RunText;
      readonly ref: RunText | undefined;
      readonly token: RunText | undefined;
    }
  | {
      readonly is: 'aws';
      readonly role: RunText | undefined;
      readonly region: RunText | undefined;
      readonly seconds: string | undefined;
    }
  | { readonly is: 'login'; readonly host: RunText }
  | BuildFact
  | { readonly is: 'alias'; readonly from: RunText; readonly to: RunText }
  | { readonly is: 'push'; readonly ref: RunText }
  | {
      readonly is: 'edit';
      readonly file: string;
      readonly path: string;
      readonly value: RunText;
      readonly typed?: boolean;
    }
  | { readonly is: 'replace'; readonly file: string; readonly script: RunText; readonly extended: boolean }
  | { readonly is: 'commit'; readonly dir: string; readonly message: RunText | undefined }
  | { readonly is: 'pushed'; readonly dir: string; readonly branch: RunText | undefined }
  | {
      readonly is: 'application';
      readonly name: RunText;
      readonly sync: boolean;
      readonly wait: boolean;
      readonly seconds?: string | undefined;
      readonly server: RunText | undefined;
      readonly token: RunText | undefined;
    }
  | { readonly is: 'person'; readonly what: string; readonly value: RunText }
  | { readonly is: 'env' | 'output'; readonly name: string; readonly value: RunText }
  /** Something that the new workflow does without, for people to know. */
  | { readonly is: 'note'; readonly text: string }
  /** The app repo is checked out at another commit than the pushed one. */
  | { readonly is: 'elsewhere' }
  /** The step is understood and stays: it prepares what Tagboat uses. */
  | { readonly is: 'stays'; readonly why: string; readonly host?: RunText };

/** A fact with the line of the workflow it stands on. */
export interface Found {
  readonly fact: Fact;
  readonly line: number;
}

/** A path seen from the workspace: no `./`, no trailing slash; undefined outside of it. */
export function pathFrom(dir: string, path: string): string | undefined {
  const inner = path.replace(/^\/github\/workspace\/?/, '');
  if (inner.startsWith('/') || inner.startsWith('~')) return undefined;
  const parts: string[] = [];
  for (const part of [...(inner === path ? dir.split('/') : []), ...inner.split('/')]) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** What isn't understood, as the end of a sentence, and the script's line. Never leaves the room: the step is kept. */
export class Unclear extends Error {
  readonly why: string;
  line: number | undefined;
  constructor(why: string, line?: number) {
    super(why);
    this.why = why;
    this.line = line;
  }
}
