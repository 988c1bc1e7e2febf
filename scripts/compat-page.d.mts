/** What decides a cell: tests of a file by words of their names, or why it isn't tried. */
export interface Cell {
  readonly file?: string;
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
/** docs/compatibility.json. */
export interface Report {
  readonly versions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly date: string; readonly tests: Readonly<Record<string, string>> }>>;
}
export function proofsIn(tables: readonly Table[]): Cell[];
export function found(proof: Pick<Cell, 'has'>, tests: Readonly<Record<string, string>>): [string, string][];
export function compatPage(tables: readonly Table[], report: Report): string;
