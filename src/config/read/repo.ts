const hub = 'https://github.com';

/**
 * A config repo's URL: `owner/name` stands for one on `server`. Answers why the text is none otherwise, never with a
 * word of it. No userinfo: tokens come by variable.
 */
export function readRepoUrl(text: string, server = hub): { url: string } | { why: string } {
  if (/^[A-Za-z0-9][\w.-]*\/[\w.-]+$/.test(text)) {
    return { url: `${server.replace(/\/+$/, '')}/${text.replace(/\.git$/, '')}.git` };
  }
  if (/^ssh:\/\//i.test(text) || /^[\w.-]+@[\w.-]+:/.test(text)) {
    return { why: 'an https URL: Tagboat speaks git over HTTPS, with a token and not with an SSH key' };
  }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return { why: 'an https URL, or owner/name for GitHub' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { why: 'a URL without a user name or token; set TAGBOAT_TOKEN instead' };
  }
  if (url.search !== '' || url.hash !== '') return { why: 'a URL without "?" and "#"' };
  if (url.pathname.replaceAll('/', '') === '') return { why: 'a URL with the path of a repository' };
  return { url: url.href.replace(/\/+$/, '') };
}
