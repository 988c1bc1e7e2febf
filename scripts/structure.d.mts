/** By a file's path below src/. */
export type Sources = Readonly<Record<string, string>>;
export type Graph = Readonly<Record<string, readonly string[]>>;
export function readSources(folder: string): Sources;
export function graphOf(sources: Sources): Graph;
export function circles(graph: Graph): string[][];
export function stageOf(file: string): string;
export function roomOf(file: string): string;
export function arrowsUp(graph: Graph, stage: string, rooms: readonly string[]): string[];
export function crowded(files: readonly string[], most: number): string[];
export function long(sources: Sources, most: number): string[];
export function exportsOf(text: string): string[];
export function namesakes(sources: Sources): Record<string, string[]>;
export function unused(sources: Sources, others: Sources, roots: readonly string[]): string[];
export function drawn(graph: Graph, dot: boolean): string;
