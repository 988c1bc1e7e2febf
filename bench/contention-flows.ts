/** What one of many writers is asked to do. */
export interface WriterOrder {
  readonly flow: ContentionFlow['name'];
  /** Smart-HTTP URL of the config repo. */
  readonly url: string;
  readonly file: string;
  readonly path: string;
  readonly value: string;
}

/**
 * One way to get many writers' changes onto one branch. Each writer is a process that prints `ready` when it has
 * loaded, waits for a line on its standard input, and prints a word and the time (milliseconds since the epoch) when
 * its change has landed.
 */
export interface ContentionFlow {
  readonly name: 'glue' | 'bare' | 'tagboat';
  readonly title: string;
  /** Most writers it is measured with: beyond, it takes longer than anybody would wait. */
  readonly mostWriters: number;
  readonly argv: (order: WriterOrder) => readonly string[];
}

/** What pipelines do today. */
export function glue(mostWriters: number): ContentionFlow {
  return {
    name: 'glue',
    title: 'git clone, push, git pull --rebase until it fits',
    mostWriters,
    argv: (order) => ['/bin/sh', '-c', `echo ready; read -r go\n${glueScript(order)}\necho "landed $(date +%s%3N)"`],
  };
}

/** The glue itself, for the report too. The edit costs no more than a sed: real pipelines start yq. */
export function glueScript({ url, file, value }: WriterOrder): string {
  return `set -e
git clone --quiet --depth 1 --branch main '${url}' config
cd config
sed -i '/^front:/,/ imageTag:/s/ imageTag: .*/ imageTag: ${value}/' '${file}'
git add '${file}'
git commit --quiet --message 'Update ${file}'
tries=1
until git push --quiet origin main; do
  [ $tries -lt 100 ] || exit 1
  tries=$((tries + 1))
  sleep "0.$(shuf -i 100-999 -n 1)"
  git pull --quiet --rebase origin main
done`;
}

/** The writers of bench/contention-writer.ts, bundled as `program`. */
export function ourFlows(program: string): ContentionFlow[] {
  const argv = (order: WriterOrder) => [process.execPath, program, JSON.stringify(order)];
  return [
    { name: 'bare', title: 'a bare compare-and-swap loop', mostWriters: 64, argv },
    { name: 'tagboat', title: 'Tagboat', mostWriters: 1_000, argv },
  ];
}
