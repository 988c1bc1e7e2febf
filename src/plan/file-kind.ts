import { TagboatError } from '../errors.ts';

/** The kinds of file that a value can be set in. */
export type FileKind = 'YAML' | 'JSON' | 'TOML' | 'dotenv' | 'properties' | 'tfvars';

/** By the file's last name; the first that fits. `Kustomization` is a name that kustomize takes as well. */
const kinds: readonly (readonly [names: RegExp, kind: FileKind])[] = [
  [/\.ya?ml$/i, 'YAML'],
  [/^kustomization$/i, 'YAML'],
  [/\.json$/i, 'JSON'],
  [/\.toml$/i, 'TOML'],
  [/\.tfvars$/i, 'tfvars'],
  [/\.properties$/i, 'properties'],
  [/\.env$|^\.env\./i, 'dotenv'],
];

/** What a file is by its name. Throws FILE_KIND_UNKNOWN: read as something that it isn't, it would be set wrongly. */
export function fileKind(file: string): FileKind {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const kind = kinds.find(([names]) => names.test(name))?.[1];
  if (kind === undefined) throw new TagboatError('FILE_KIND_UNKNOWN', { file }, { place: { file } });
  return kind;
}
