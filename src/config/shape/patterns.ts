import { forms, repository } from './grammar.ts';
import { platformPattern } from './platform.ts';
import { hookVariables, ofImage, ofSource } from './template.ts';

/**
 * Patterns for editors, in the JSON Schema alone: what grammar.ts checks, as far as one pattern tells it. A text with a
 * `${VARIABLE}` or `{name}` passes all of them, since an editor sees the file before they are filled in. The checks have the
 * last word; a test holds both against one list of mistakes.
 */
function pattern(inner: string, examples?: readonly string[]): { pattern: string; examples?: string[] } {
  return {
    pattern: `^(?:${inner})$|\\$\\{|\\{name\\}`,
    ...(examples === undefined ? {} : { examples: [...examples] }),
  };
}

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const host = `(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?`;
const inner =
  '(?!/)(?![A-Za-z]:)(?!(?:.*/)?\\.\\.(?:/|$))(?!(?:.*/)?\\.[gG][iI][tT](?:/|$))[^\\\\\\u0000-\\u001f]{1,1000}';
const branch = (more: string): string =>
  `(?![-/]|HEAD$|@$|refs/)(?!.*(?:\\.\\.|@\\{|//|/\\.|\\.lock(?:/|$)|[/.]$))(?!\\.)[^\\u0000-\\u0020~^:?${more}\\[\\\\\\u007f]{1,244}`;
const time = '(?:[0-9]{1,6}(?:ms|[smhd])){1,3}';
const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const date = '(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])';
const alone = ofSource.map((name) => name.replace('.', '\\.'));

/** A template that knows these variables; `{{…}}` is text. */
function template(known: readonly string[], ofImage: readonly string[]): string {
  const variables = [...known, ...(ofImage.length === 0 ? [] : [`(?:${ofImage.join('|')})\\.[\\w-]+`])].join('|');
  return `(?![\\s\\S]*(?<!\\{)\\{(?!(?:${variables})\\})[a-zA-Z]+(?:\\.[\\w-]+)?\\}(?!\\}))[\\s\\S]*`;
}

function tagOf(known: readonly string[]): string {
  const variable = `\\{(?:${known.join('|')})\\}`;
  return `(?:[A-Za-z0-9_]|${variable})(?:[A-Za-z0-9_.-]|${variable})*`;
}

/** A Kubernetes object's name that may have a pull request's number. */
const numbered = '(?:[a-z0-9]|\\{pr\\})(?:(?:[-a-z0-9.]|\\{pr\\}){0,251}(?:[a-z0-9]|\\{pr\\}))?';

const message = template([...alone, 'tag', 'subject'], ['tag', 'image']);

export const patterns = {
  reviewer: pattern('[\\w.-]{1,100}(?:/[\\w.-]{1,100})?', ['ada', 'acme/platform']),
  registry: pattern(`${host}(?:/${repository})?`, [
    'ghcr.io/acme',
    '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com',
  ]),
  role: pattern(forms.role, ['arn:aws:iam::123456789012:role/deliver']),
  region: pattern(forms.region, ['ap-northeast-1']),
  workloadIdentityProvider: pattern(forms.provider, [
    'projects/123456789012/locations/global/workloadIdentityPools/builds/providers/github',
  ]),
  serviceAccount: pattern(forms.serviceAccount, ['deliver@acme.iam.gserviceaccount.com']),
  guid: pattern(forms.guid, ['6731de76-14a6-49ae-97bc-6eba6914391e']),
  audience: pattern('[^\\s\\u0000-\\u001f]{1,255}'),
  tag: pattern(tagOf([...alone, 'content']), ['{commit}', '{content}', 'v1-{shortCommit}']),
  moreTag: pattern(tagOf(alone), ['{semver}', 'latest']),
  from: pattern(
    `(?!.*//)(?:[\\w./:-]|\\{(?:${alone.join('|')})\\})+(?::(?:[\\w.-]|\\{(?:${alone.join('|')})\\})+|@sha256:[0-9a-f]{64})`,
    ['ghcr.io/acme/app:{commit}'],
  ),
  issuer: pattern('https?://[^\\s/@?#]+[^\\s@?#]*', ['https://token.actions.githubusercontent.com']),
  subject: pattern('[^\\s\\u0000-\\u001f]{1,500}', [
    'https://github.com/acme/app/.github/workflows/ship.yml@refs/heads/main',
  ]),
  check: pattern(`(?=[^\\u0000]*$)${template(['image', 'digest'], [])}`, ['trivy', 'image', '{image}']),
  name: pattern(forms.name),
  images: pattern(`${forms.name}|(?=[^*?\\[{(]*[*?\\[{(])(?!!)${inner}`, ['app', 'services/*']),
  mark: pattern('[A-Za-z0-9][\\w./-]{0,254}', ['org.opencontainers.image.version']),
  markValue: pattern(template([...alone, 'tag'], []), ['{semver}']),
  repository: pattern(forms.repository, ['acme/shop']),
  // In another registry's form it is checked with the registry at hand.
  reuseFrom: pattern(`(?:${host}/)?${repository}`),
  innerPath: pattern(inner),
  word: pattern('\\w[\\w.-]{0,127}'),
  platform: pattern(platformPattern, ['linux/amd64', 'linux/arm64']),
  refresh: pattern('[1-9][0-9]{0,3}[hd]|always', ['7d', '12h', 'always']),
  builder: pattern('\\w[\\w.-]{0,127}|tcp://(?:[\\w.-]+|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}|unix:///[\\w./-]+'),
  address: pattern('tcp://(?:[\\w.-]+|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}', ['tcp://buildkit:1234']),
  file: pattern('(?!-)[^\\u0000-\\u001f]{1,1000}'),
  serverName: pattern('[A-Za-z0-9][\\w.-]{0,252}'),
  sign: pattern('https://[^\\s/@?#]+[^\\s@?#]*|http://(?:localhost|127[0-9.]+|\\[::1\\])(?::[0-9]+)?[^\\s@?#]*'),
  sbom: pattern('\\w[\\w./:@-]{0,500}'),
  secretId: pattern('[A-Za-z0-9_][\\w.-]{0,127}', ['npm']),
  secret: pattern('env=[A-Za-z_][A-Za-z0-9_]{0,127}|src=(?!-)[^\\u0000-\\u001f]{1,1000}', [
    'env=NPM_TOKEN',
    'src=ca.pem',
  ]),
  argument: pattern('[A-Za-z_]\\w*'),
  context: pattern(`git@[\\w.-]+:\\S+|(?:docker-image|oci-layout|https?|git)://[^\\s]+|(?![a-z][a-z0-9+.-]*:)${inner}`),
  contextName: pattern('(?!(?:context|scratch)$)[a-z0-9][a-z0-9._/:@-]*'),
  branch: pattern(branch('*'), ['main']),
  branchPattern: pattern(branch(''), ['main', 'release/*']),
  tagPattern: pattern(branch(''), ['v*', 'v1.2.0']),
  repo: pattern('[A-Za-z0-9][\\w.-]*/[\\w.-]+|[hH][tT][tT][pP][sS]?://[^\\s/@?#]+/+[^\\s@?#/][^\\s?#]*', [
    'acme/config',
    'https://git.example.com/acme/config.git',
  ]),
  repoFile: pattern(`(?!.*//)(?!(?:.*/)?\\.(?:/|$))(?!.*/$)${inner}`),
  writtenFile: pattern(`(?=.*\\{pr\\})(?![.]tagboat/)(?!.*//)(?!(?:.*/)?\\.(?:/|$))(?!.*/$)${inner}`, [
    'previews/{pr}/values.yaml',
  ]),
  template: pattern(`(?:config:)?${inner}`, ['deploy/preview.yaml', 'config:templates/preview.yaml']),
  path: pattern(
    '(?![^"\'\\[]*(?:\\[[^\\]"\'*?]*\\][^"\'\\[]*)*\\[[*?\\]])(?:doc\\[[^\\]]+\\])?(?:\\.?\\[[^*?][\\s\\S]*\\]|\\.(?:[^\\s.[\\]*(){}|,:;!&<>=]|"[^"]*"|\'[^\']*\'))[\\s\\S]{0,999}(?<!\\.)',
    ['.front.imageTag', '.images[name=app].newTag'],
  ),
  value: pattern(template([...alone, ...ofImage], [...ofImage]), ['{tag}', '{digest.app}']),
  message: pattern(`(?=[\\s\\S]*\\S)${message}`, ['Update image tag to {tag}']),
  trailer: pattern(message),
  trailerKey: pattern('(?!(?:[Tt]agboat|[Aa]rgocd-reference-commit)-)[A-Za-z0-9][A-Za-z0-9-]{0,63}'),
  author: pattern('[^<>\\u0000-\\u001f]*[^<>\\u0000-\\u001f\\s] +<[^<>\\s\\u0000-\\u001f]+>', [
    'Deploy Bot <deploy@example.com>',
  ]),
  application: pattern(`(?:${forms.kubernetes}/)?${numbered}`, ['shop', 'argocd/shop', 'preview-{pr}']),
  applicationName: pattern(numbered),
  namespace: pattern(forms.application, ['shop', 'argocd/shop']),
  resource: pattern(forms.kubernetes),
  server: pattern(
    '[hH][tT][tT][pP][sS]://[^\\s/@?#]+[^\\s@?#]*|http://(?:localhost|127[0-9.]+|\\[::1\\])(?::[0-9]+)?[^\\s@?#]*',
    ['https://argocd.example.com'],
  ),
  notBlank: pattern('(?=[\\s\\S]*\\S)[\\s\\S]*'),
  environment: pattern('(?=[\\s\\S]*\\S)[\\s\\S]{1,255}', ['production']),
  environmentUrl: pattern('https?://[^\\s/@?#]+[^\\s@]{0,1000}', ['https://pr-{pr}.example.com']),
  time: pattern(`(?!0+(?:ms|[smhd])$)${time}`, ['90s', '10m', '1h']),
  soak: pattern(`(?!0+(?:ms|[smhd])$)${time}`, ['30m', '2h', '1d']),
  window: pattern(
    `${weekday}(?:[,-]${weekday})* +(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00) +[A-Za-z][\\w+/-]*`,
    ['Mon-Fri 09:00-17:00 Europe/Berlin'],
  ),
  freeze: pattern(`(?:${date}(?:\\.\\.${date})?|[0-9]{4}-${date}(?:\\.\\.[0-9]{4}-${date})?)(?: +[A-Za-z][\\w+/-]*)?`, [
    '2026-12-20..2027-01-02',
    '12-24..12-26',
  ]),
  variable: pattern(forms.variable, ['ARGOCD_WEBHOOK_SECRET']),
  hookUrl: { pattern: '^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$', examples: [`\${SLACK_WEBHOOK}`] },
  hookText: pattern(`(?=[\\s\\S]*\\S)${template(hookVariables, [])}`, ['{delivery} is {outcome}: {subject} {url}']),
} as const;
