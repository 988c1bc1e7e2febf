import { isLoopback, parseReference } from '../../wire/oci/reference.ts';
import { timeoutOf } from './timeout.ts';

/**
 * What the things named in a config file look like, by their own specifications. Each answers why a text is none, as
 * the end of the sentence "… must be", or undefined when it is one. Never a word of the text itself: it may come from
 * a variable.
 */

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
/** A repository's name, whatever its length. */
export const repository = `${component}(?:/${component})*`;
const kubernetes = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?';

/** Forms that one pattern tells whole: checked here, and told to editors by patterns.ts. */
export const forms = {
  /** A repository's name inside a registry: OCI distribution spec, "Pulling manifests". */
  repository: `(?=.{1,255}$)${repository}`,
  /** An IAM role's ARN (IAM identifiers), in any partition. */
  role: 'arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:role/[\\w+=,.@/-]{1,512}',
  region: '[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}',
  /** A provider of a workload identity pool, as Google's token service takes it for its audience. */
  provider: 'projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}',
  serviceAccount: '[a-z0-9.-]+@[a-z0-9.:-]+\\.gserviceaccount\\.com',
  /** The id of an application or a directory in Entra. */
  guid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  /** A Kubernetes object's name (RFC 1123 subdomain). */
  kubernetes,
  /** With its namespace before it if Argo CD runs apps in several. */
  application: `${kubernetes}(?:/${kubernetes})?`,
  /** The name of an environment variable (POSIX). */
  variable: '[A-Za-z_][A-Za-z0-9_]{0,127}',
  name: '[A-Za-z0-9][A-Za-z0-9_-]{0,63}',
};

function whyNo(form: keyof typeof forms, why: string): (text: string) => string | undefined {
  const whole = new RegExp(`^(?:${forms[form]})$`);
  return (text) => (whole.test(text) ? undefined : why);
}

export const whyNoRole = whyNo('role', "a role's ARN: arn:aws:iam::<12 digits>:role/<name>");
export const whyNoRegion = whyNo('region', 'an AWS region such as ap-northeast-1');
export const whyNoProvider = whyNo(
  'provider',
  'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
);
export const whyNoServiceAccount = whyNo(
  'serviceAccount',
  "a service account's address: NAME@PROJECT.iam.gserviceaccount.com",
);
export const whyNoGuid = whyNo('guid', 'an id such as 6731de76-14a6-49ae-97bc-6eba6914391e');
export const whyNoApplication = whyNo('application', "an Argo CD application's name, or namespace/name");
export const whyNoVariable = whyNo('variable', 'the NAME of a variable, not its value');
/** A name for an image or a delivery, as templates and the command line use it. */
export const whyNoName = whyNo('name', 'named by letters, digits, "_" and "-", at most 64');
export const whyNoRepository = whyNo(
  'repository',
  'a repository name: lower-case letters and digits, with single ".", "_", "-" between them, parts divided by "/"',
);

/** A tag: OCI distribution spec, "Pulling manifests". */
export function whyNoTag(text: string): string | undefined {
  if (/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(text)) return undefined;
  return 'a tag: letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"';
}

/** An image's whole name with what says which one it is. */
export function whyNoImage(text: string): string | undefined {
  const { tag, digest } = parseReference(text) ?? {};
  const isOne = tag !== undefined || digest?.startsWith('sha256:') === true;
  return isOne ? undefined : "an image's name with its tag, its digest or both, such as ghcr.io/acme/app:v1";
}

/** A registry's host with port, and a path that all repositories begin with. */
export function whyNoRegistry(text: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(text)) return 'a host without "https://"; for plain HTTP use the map with `insecure: true`';
  if (text.includes('@')) return 'a host without a user name or password; log in by variables or `docker login`';
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const prefix = slash < 0 ? undefined : text.slice(slash + 1);
  const legal = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.(?!$|:)|(?=$|:)))+(?::\d{1,5})?$/.test(host);
  if (!legal && !/^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/.test(host)) return 'a host, with ":port" and "/path" if needed';
  return prefix === undefined ? undefined : whyNoRepository(prefix);
}

/** A branch: git check-ref-format, for the part after refs/heads/. */
export function whyNoBranch(text: string): string | undefined {
  const illegal = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|\/$|\.$|(?:^|\/)\.|\.lock(?:\/|$)|^@$|^HEAD$|^refs\//u;
  return text !== '' && text.length <= 244 && !illegal.test(text) ? undefined : "a branch's short name, such as main";
}

/** A branch or a pattern over branches: `*` doesn't cross a slash, `**` does. */
export function whyNoBranchPattern(text: string): string | undefined {
  return whyNoBranch(text.replaceAll('*', 'x')) === undefined ? undefined : 'a branch or a pattern such as release/*';
}

/** A git tag or a pattern over tags, likewise. */
export function whyNoTagPattern(text: string): string | undefined {
  return whyNoBranchPattern(text) === undefined ? undefined : 'a git tag or a pattern such as v*';
}

/** A file or folder inside a repository, from its root. */
export function whyNoInnerPath(text: string): string | undefined {
  if (text === '' || text.length > 1_000 || /\p{Cc}/u.test(text)) return 'a path inside the repository';
  if (text.startsWith('/') || /^[a-zA-Z]:[\\/]/.test(text))
    return "a path from the repository's root, not an absolute one";
  if (text.includes('\\')) return 'written with "/" between folders';
  const parts = text.split('/');
  if (parts.includes('..')) return 'inside the repository, without ".."';
  return parts.some((part) => part.toLowerCase() === '.git') ? 'outside of .git' : undefined;
}

/** A file of this machine, absolute or from the app repo's root: where a job puts what no repository holds. */
export function whyNoFile(text: string): string | undefined {
  const legal = text !== '' && text.length <= 1_000 && !/\p{Cc}/u.test(text) && !text.startsWith('-');
  return legal ? undefined : "a file's path";
}

/** A file of a config repo, as git's trees hold it. */
export function whyNoRepoFile(text: string): string | undefined {
  const odd = text.split('/').some((part) => part === '' || part === '.');
  return whyNoInnerPath(text) ?? (odd ? "a file's path such as main/values.yaml" : undefined);
}

export const person = /^([^<>\p{Cc}]*[^<>\p{Cc}\s]) +<([^<>\s\p{Cc}]+)>$/u;

export function whyNoPerson(text: string): string | undefined {
  return person.test(text) && text.length <= 400 ? undefined : 'a name and a mail address: Name <mail@example.com>';
}

/** A trailer's key: git-interpret-trailers. Ours are written by the run itself. */
export function whyNoTrailer(key: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(key)) return 'named by letters, digits and "-"';
  return /^(?:tagboat|argocd-reference-commit)-/i.test(key)
    ? 'named otherwise: Tagboat writes these itself'
    : undefined;
}

/** Where an API is that gets a token: a URL without userinfo, query and fragment, and by https but on loopback. */
export function whyNoServer(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'a URL such as https://argocd.example.com';
  const { protocol, host, username, password, search, hash } = new URL(text);
  if (protocol === 'http:' && !isLoopback(host)) {
    return 'an https URL: by plain http, whoever stands between reads the token';
  }
  if (username !== '' || password !== '') return 'a URL without a user name or token; set ARGOCD_AUTH_TOKEN instead';
  return search === '' && hash === '' ? undefined : 'a URL without "?" and "#"';
}

/** From one second to a day. */
export function whyNoTimeout(text: string): string | undefined {
  const ms = timeoutOf(text);
  return ms >= 1_000 && ms <= 86_400_000 ? undefined : 'a time such as 90s, 10m or 1h, up to 24h';
}

/** Up to thirty days. */
export function whyNoSoak(text: string): string | undefined {
  const ms = timeoutOf(text);
  return ms >= 1_000 && ms <= 30 * 86_400_000 ? undefined : 'a time such as 30m, 2h or 1d, up to 30d';
}

/** How long something must stay as it is. */
export function whyNoSettle(text: string): string | undefined {
  const ms = timeoutOf(text);
  return ms >= 100 && ms <= 600_000 ? undefined : 'a time such as 5s or 500ms, up to 10m';
}
