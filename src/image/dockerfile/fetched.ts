/** Where git repositories are: a scheme of git's own, `user@host:path`, or a web address whose path ends in `.git`. */
const git = /^(?:git|ssh):\/\/|^[\w-]+@[a-z0-9.-]+:|^https?:\/\/[^?#]*\.git(?:[?#]|$)/i;

/**
 * Whether ADD fetches this source. All else is a path of the context, whatever it looks like: for BuildKit, whose rule
 * this is (convert_copy.go, dfgitutil.ParseGitRef), so are `github.com/acme/lib` and `ftp://host/file`.
 */
export function isFetched(source: string): boolean {
  return /^https?:\/\//.test(source) || git.test(source);
}

/** A git repository at a commit by its whole id: that never changes. A context may leave out `https://` at GitHub. */
export function isPinnedGit(source: string): boolean {
  return (git.test(source) || /^github\.com\//i.test(source)) && /#(?:[0-9a-f]{40}|[0-9a-f]{64})(?::|$)/.test(source);
}
