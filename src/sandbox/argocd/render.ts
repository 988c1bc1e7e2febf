import { parseAllDocuments, parse as parseYaml } from 'yaml';

/** One object that a chart makes. */
export interface Manifest {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly images: readonly string[];
  /** `argocd.argoproj.io/hook`, such as `PreSync`. */
  readonly hook: string | undefined;
  readonly text: string;
}

interface Kustomization {
  readonly resources?: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[];
}

/** As much of Kustomize as a folder by `init` needs: its resources, with the images' names and tags put in. */
function kustomized(files: Readonly<Record<string, string>>, text: string): Manifest[] {
  const { resources = [], images = [] } = yaml('kustomization.yaml', text) as Kustomization;
  const put = (line: string, image: string): string => {
    const [, name = '', tag] = /^(.+?)(?::([^:/]+))?$/.exec(image) ?? [];
    const found = images.find((one) => one.name === name);
    if (found === undefined) return line;
    return line.replace(image, `${found.newName ?? name}:${found.newTag ?? tag ?? 'latest'}`);
  };
  const own = resources.map((name) => {
    if (files[name] === undefined) throw new Error(`accumulating resources from '${name}': no such file`);
    return [name, files[name].replace(/^\s*(?:- )?image: (\S+)$/gm, put)] as const;
  });
  return render(Object.fromEntries(own));
}

/**
 * As much of Helm as a demo's chart needs: `{{ .Values.a.b }}` in `templates/`, filled in from `values.yaml`. Without
 * a Chart.yaml, the folder's YAML files are manifests. Throws an Error in the words that Argo CD would show.
 */
export function render(
  files: Readonly<Record<string, string>>,
  parameters: readonly { readonly name: string; readonly value: string }[] = [],
): Manifest[] {
  const kustomization = files['kustomization.yaml'];
  if (kustomization !== undefined) return kustomized(files, kustomization);
  const names = Object.keys(files).sort();
  const isChart = files['Chart.yaml'] !== undefined;
  const values: unknown = isChart ? yaml('values.yaml', files['values.yaml'] ?? '') : undefined;
  for (const { name, value } of parameters) setAt(values, name.split('.'), value);
  return names
    .filter((name) => (isChart ? /^templates\/[^_].*\.ya?ml$/ : /^[^/]+\.ya?ml$/).test(name))
    .flatMap((name) => {
      const text = isChart ? filled(name, files[name] ?? '', values) : (files[name] ?? '');
      return parseAllDocuments(text).flatMap((document) => {
        if (document.errors.length > 0)
          throw new Error(`error converting YAML to JSON: ${document.errors[0]?.message}`);
        const object: unknown = document.toJS();
        return object === null ? [] : [manifestOf(object, String(document))];
      });
    });
}

function yaml(name: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw new Error(`failed to parse ${name}: ${(error as Error).message.split('\n')[0]}`);
  }
}

function filled(name: string, text: string, values: unknown): string {
  return text.replace(/\{\{-?\s*(.*?)\s*-?\}\}/g, (_, expression: string) => {
    const path = /^\.Values\.([\w.]+)$/.exec(expression)?.[1];
    if (path === undefined) throw new Error(`template: shop/${name}: function "${expression}" not defined`);
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values);
    if (value === undefined || value === null) {
      throw new Error(
        `template: shop/${name}: executing "shop/${name}" at <.Values.${path}>: nil pointer evaluating interface {}.${path.split('.').at(-1)}`,
      );
    }
    return String(value);
  });
}

function setAt(values: unknown, [key = '', ...rest]: readonly string[], value: string): void {
  const at = values as Record<string, unknown>;
  if (rest.length === 0) at[key] = value;
  else {
    at[key] ??= {};
    setAt(at[key], rest, value);
  }
}

interface K8sObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
}

function manifestOf(object: unknown, text: string): Manifest {
  const { apiVersion = 'v1', kind = '', metadata } = object as K8sObject;
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const images: string[] = [];
  JSON.stringify(object, (key, value: unknown) => {
    if (key === 'image' && typeof value === 'string') images.push(value);
    return value;
  });
  return {
    ...{ group, version: version ?? 'v1', kind, name: metadata?.name ?? '', images, text },
    hook: metadata?.annotations?.['argocd.argoproj.io/hook'],
  };
}

/** What stays after a sync: hooks don't. */
export function steady(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ hook }) => hook === undefined);
}

/** Whether it is what makes pods, now and by itself: not a CronJob, and not one that is to have none. */
export function runsPods({ kind, images, text }: Manifest): boolean {
  return images.length > 0 && kind !== 'CronJob' && !/^ *replicas: 0$/m.test(text);
}
