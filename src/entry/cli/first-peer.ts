import type { Env } from '../../wire/world.ts';

/**
 * Where `tagboat commit --repo` connects first, by its arguments; undefined where they don't plainly say, where a proxy or
 * certificates of one's own decide about it, and where they will be refused or ask for help: the process would end at once,
 * save that node waits for the lookup of a name.
 */
export function firstPeer(argv: readonly string[], env: Env): URL | undefined {
  const repo = valueOf(argv, '--repo');
  const isCommit = argv.includes('commit') && valueOf(argv, '--set') !== undefined;
  if (!isCommit || repo === undefined || argv.some((argument) => /^(--|--help|-h)$/.test(argument))) return undefined;
  const decides = /^(https?_proxy|all_proxy|tagboat_ca_file|ssl_cert_file)$/i;
  if (Object.entries(env).some(([name, value]) => decides.test(name) && value)) return undefined;
  const server = env.GITHUB_SERVER_URL || 'https://github.com';
  // As `readRepoUrl` has it, which is loaded with all that reads arguments.
  const named = /^[\w.-]+\/[\w.-]+$/.test(repo) ? server : repo;
  const via = valueOf(argv, '--via') ?? 'git';
  const api = env.GITHUB_API_URL || 'https://api.github.com';
  // With `auto` it depends on what the token may do.
  const peer = via === 'git' ? named : via === 'github' ? api : undefined;
  const url = peer !== undefined && URL.canParse(peer) ? new URL(peer) : undefined;
  if (url === undefined || url.username || url.password || url.search || url.hash) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function valueOf(argv: readonly string[], option: string): string | undefined {
  // The last one counts.
  const at = argv.findLastIndex((argument) => argument === option || argument.startsWith(`${option}=`));
  const found = argv[at];
  return found === option ? argv[at + 1] : found?.slice(option.length + 1);
}
