/** A remote as others can reach it, without userinfo; undefined for a folder on this machine. */
export function publicUrl(remote: string): string | undefined {
  // Without `//` a URL parser would take `host:path` for a scheme.
  if (remote.includes('://')) {
    if (!URL.canParse(remote)) return undefined;
    const url = new URL(remote);
    if (!['http:', 'https:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
    url.username = '';
    url.password = '';
    url.search = '';
    url.hash = '';
    return url.href;
  }
  // git's own short form, `git@host:owner/repo.git`. A slash before the colon makes it a local path (git-clone, URLS).
  const short = /^(?:[^/@]+@)?([^/:]+):(?!\/\/)(.+)$/.exec(remote);
  return short === null ? undefined : `ssh://${short[1]}/${(short[2] ?? '').replace(/^\/+/, '')}`;
}

/** Whether two remotes are one repository, whichever way each is reached. */
export function isSameRemote(one: string | undefined, other: string | undefined): boolean {
  const [first, second] = [one, other].map((remote) => {
    const url = publicUrl(remote ?? '');
    return url && `${new URL(url).hostname}${new URL(url).pathname.replace(/(?:\.git)?\/*$/, '')}`.toLowerCase();
  });
  return first !== undefined && first === second;
}
