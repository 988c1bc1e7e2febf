import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml';
import type { Config } from '../../config/shape/checked.ts';
import { placeAt } from '../../errors/place.ts';
import type { Place } from '../../errors.ts';
import type { Finding } from '../../plan/finding.ts';
import { found } from './tell.ts';
import { commandsIn, delivers } from './workflows.ts';

const file = '.gitlab-ci.yml';

/** Keys of the file that are no jobs (GitLab's CI/CD YAML syntax reference, "Global keywords" and old ones). */
const global = new Set(['default', 'include', 'stages', 'variables', 'workflow', 'spec', 'image', 'services', 'cache', 'before_script', 'after_script', 'pages']); // biome-ignore format: a list

/** A secret variable as an argument, where every process of the machine can read it. Into a pipe it is safe. */
const asArgument =
  /(?:(?:--(?:password|token|build-arg)(?:=|\s+)|\s-p\s+|\s-u\s+\S*:|(?:\s-H|--header)\s+["'][^"'$]*)["']?[\w=]*|:\/\/[^\s/@$]*)\$\{?\w*(?:TOKEN|PASSWORD|SECRET|PRIVATE_KEY)/;

/** What is wrong with the jobs of a GitLab pipeline that run Tagboat. Nothing where there is none. */
export async function checkGitLab(dir: string, config: Config | undefined): Promise<Finding[]> {
  const text = await readFile(join(dir, file), 'utf8').catch(() => '');
  return text.includes('tagboat') ? findingsIn(text, config) : [];
}

function findingsIn(text: string, config: Config | undefined): Finding[] {
  // Tags such as !reference are GitLab's own: what they stand for isn't followed.
  const { contents, errors } = parseDocument(text, { strict: false, logLevel: 'silent' });
  const place = (node: unknown): Place => placeAt(file, text, (node as Node | undefined)?.range?.[0] ?? 0, 'line');
  const [error] = errors;
  if (error !== undefined || !isMap(contents)) {
    const why = error?.message.split('\n')[0] ?? 'it is no map';
    const message = `The pipeline is no valid YAML: ${why}.`;
    const fix = "Correct it at the caret: GitLab doesn't run such a pipeline.";
    return [found('WORKFLOW_INVALID', 'error', message, fix, placeAt(file, text, error?.pos[0] ?? 0, 'line'))];
  }
  const jobs = contents.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    const scripts = isMap(value) && !global.has(name) ? linesOf(value) : [];
    return isMap(value) && scripts.some(({ line }) => delivers(commandsIn(line)))
      ? [{ name, key, job: value, scripts }]
      : [];
  });
  if (jobs.length === 0) return [];
  return [
    ...jobs.flatMap(({ name, key, job, scripts }) => [
      ...tokenFindings(name, place(key), job, contents, config),
      ...imageFindings(job, contents, place),
      ...scripts
        .filter(({ line }) => asArgument.test(line))
        .map(({ node }): Finding => {
          const message = 'A secret is put on a command line, which shows it to every process of the machine.';
          const fix = 'Leave it in its variable, or give it by a pipe (--password-stdin).';
          return found('WORKFLOW_SECRET_IN_SCRIPT', 'warning', message, fix, place(node));
        }),
    ]),
    ...includeFindings(contents, place),
  ];
}

function linesOf(job: YAMLMap): { readonly line: string; readonly node: unknown }[] {
  return ['before_script', 'script', 'after_script'].flatMap((key) => {
    const found = job.get(key, true);
    const items = isSeq(found) ? found.items : [found];
    return items.flatMap((node) =>
      isScalar(node)
        ? String(node.value)
            .split('\n')
            .map((line) => ({ line, node }))
        : [],
    );
  });
}

/** A job's value; where it has none of its own, that of the jobs that it extends, or of all. */
function inherited(job: YAMLMap, root: YAMLMap, key: string, depth = 0): unknown {
  const own = job.get(key, true);
  if (own !== undefined || depth > 10) return own;
  const parents = job.get('extends', true);
  const names = (isSeq(parents) ? parents.items : [parents]).flatMap((one) =>
    isScalar(one) ? [String(one.value)] : [],
  );
  for (const name of names.reverse()) {
    const parent = root.get(name, true);
    const found = isMap(parent) ? inherited(parent, root, key, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  if (depth > 0) return undefined;
  const shared = root.get('default', true);
  return (isMap(shared) ? shared.get(key, true) : undefined) ?? root.get(key, true);
}

/** Without GitHub's endpoint, the token for a cloud comes from the job's own `id_tokens`. */
function tokenFindings(name: string, place: Place, job: YAMLMap, root: YAMLMap, config: Config | undefined): Finding[] {
  const { aws, google, azure } = config ?? {};
  const wanted = [
    ...(aws?.role === undefined ? [] : [{ who: 'AWS', audience: aws.audience }]),
    ...(google === undefined ? [] : [{ who: 'Google', audience: google.audience }]),
    ...(azure === undefined ? [] : [{ who: 'Azure', audience: azure.audience }]),
  ];
  const tokens = inherited(job, root, 'id_tokens');
  // Of a template of another file nothing is known.
  if (tokens === undefined && root.has('include')) return [];
  const given = Object.entries(isMap(tokens) ? (tokens.toJSON() as Record<string, { aud?: unknown } | null>) : {});
  const audiences = given
    .filter(([one]) => /^(?:TAGBOAT_ID_TOKEN(?:_\w+)?|SIGSTORE_ID_TOKEN)$/.test(one))
    .flatMap(([, token]) => token?.aud);
  return wanted
    .filter(({ audience }) => !audiences.includes(audience))
    .map(({ who, audience }) => {
      const message =
        audiences.length === 0
          ? `The job ${name} has no id_tokens with TAGBOAT_ID_TOKEN: ${who} gets no token of it.`
          : `The id_tokens of the job ${name} are for ${audiences.join(', ')}, and ${who} wants one for ${audience}.`;
      const fix = `Give the job \`id_tokens: { TAGBOAT_ID_TOKEN: { aud: ${audience} } }\`.`;
      return found('WORKFLOW_ID_TOKEN', 'error', message, fix, place);
    });
}

function imageFindings(job: YAMLMap, root: YAMLMap, place: (node: unknown) => Place): Finding[] {
  const image = inherited(job, root, 'image');
  const named = isMap(image) ? image.get('name', true) : image;
  const text = isScalar(named) ? String(named.value) : '';
  if (text === '' || text.includes('$') || /@sha256:|:(?!latest$)[^/:]+$/.test(text)) return [];
  return [
    unpinned(
      `The image ${text} is whatever that name means by then, and gets this job's secrets.`,
      place(named),
      'Name a version of it, or its digest.',
    ),
  ];
}

/** Files of others, which may add to any job. */
function includeFindings(root: YAMLMap, place: (node: unknown) => Place): Finding[] {
  const include = root.get('include', true);
  const items = isSeq(include) ? include.items : [include];
  return items.filter(isMap).flatMap((item): Finding[] => {
    const { remote, integrity, project, ref, component } = item.toJSON() as Readonly<Record<string, unknown>>;
    const moving =
      (typeof remote === 'string' && integrity === undefined) ||
      (typeof project === 'string' && ref === undefined) ||
      (typeof component === 'string' && /@(?:~latest|main|master)$/.test(component));
    if (!moving) return [];
    const what = String(remote ?? component ?? project);
    const fix = 'Name a commit or a version: `ref:` of a project, `integrity:` of a URL, `@1.2.3` of a component.';
    return [
      unpinned(`${what} is included as it is by then, and may change any job of the pipeline.`, place(item), fix),
    ];
  });
}

function unpinned(message: string, place: Place, fix: string): Finding {
  return found('WORKFLOW_UNPINNED', 'warning', message, fix, place);
}
