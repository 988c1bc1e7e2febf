/** What a token may do in one repository. `nothing` is known to the host, but has no right here. */
type Right = 'nothing' | 'read' | 'write';

/** Who may do what. A repository without rules is open to everybody. */
export interface RepoAccess {
  /** By token, whether it comes as Bearer or as Basic's password. */
  readonly tokens: Readonly<Record<string, Right>>;
  /** Without a token. Default `nothing`. */
  readonly anonymous?: Right;
}

/** An answer in place of git's. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** As the large hosts do it: 401 to strangers, 404 where the token has no right at all, 403 where it may only read. */
export function accessRefusal(
  request: { readonly service: string | undefined; readonly repo: string },
  authorization: string | undefined,
  access: RepoAccess | undefined,
): Refusal | undefined {
  if (access === undefined) return undefined;
  const token = tokenOf(authorization);
  const right = token === undefined ? (access.anonymous ?? 'nothing') : access.tokens[token];
  const writes = request.service === 'git-receive-pack';
  if (right === 'write' || (right === 'read' && !writes)) return undefined;
  if (token === undefined || right === undefined) {
    const headers = { 'www-authenticate': 'Basic realm="Sandbox"' };
    return { status: 401, headers, body: 'Bad credentials\n' };
  }
  if (right === 'nothing') return { status: 404, headers: {}, body: 'Repository not found.\n' };
  return { status: 403, headers: {}, body: `Write access to ${request.repo} not granted.\n` };
}

function tokenOf(authorization: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const userAndPassword = Buffer.from(value, 'base64').toString('utf8');
  return userAndPassword.slice(userAndPassword.indexOf(':') + 1);
}
