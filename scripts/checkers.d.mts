/** A program with its first arguments, or what is missing and how to get it. */
export interface Checker {
  readonly command?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly missing?: string;
}
export function goChecker(name: 'actionlint' | 'kustomize' | 'yq'): Promise<Checker>;
export function cfnLint(): Promise<Checker>;
export function clusterModule(module: string): string | undefined;
