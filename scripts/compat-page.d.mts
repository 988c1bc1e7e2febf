/** What decides a cell: tests of a file by words of their names, or why it isn't tried. */
export interface Cell {
  readonly file?: string;
  /** The Argo CD that the file's tests are to run on, where it isn't the one of cluster/go.mod. */
  readonly argocd?: string;
  readonly has?: readonly string[];
  readonly not?: string;
  readonly without?: string;
  readonly differs?: string;
}
export interface Table {
  readonly title: string;
  readonly head: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: Readonly<Record<string, Cell>> }[];
}
/** What a file's tests became of. `missing`: why none of them could run. */
export interface Ran {
  readonly date: string;
  readonly tests: Readonly<Record<string, string>>;
  readonly missing?: string;
}
/** docs/compatibility.json; its files by `runOf`. */
export interface Report {
  readonly versions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Ran>>;
}
/** The run that a proof rests on: its file, and on what. */
export function runOf(proof: Pick<Cell, 'file' | 'argocd'>): string;
export function proofsIn(tables: readonly Table[]): Cell[];
export function found(proof: Pick<Cell, 'has'>, tests: Readonly<Record<string, string>>): [string, string][];
export function compatPage(tables: readonly Table[], report: Report): string;
