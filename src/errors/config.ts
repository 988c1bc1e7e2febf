import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.config;

/** What `tagboat.yaml` or the command line says wrong. */
export const configErrors = {
  CONFIG_TOO_LARGE: entry<{ file: string; limit: number }>(
    exit,
    ({ file, limit }) => `${file} is larger than ${limit} bytes, or nests deeper than any config does.`,
    'Check that it is the right file.',
  ),
  CONFIG_YAML_INVALID: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `${file} isn't valid YAML: ${why}`,
    'Correct it at the caret; often an indentation or a missing quote is just before it.',
  ),
  CONFIG_KEY_UNKNOWN: entry<{ file: string; key: string; nearest: string | undefined; known: readonly string[] }>(
    exit,
    ({ file, key }) => `${file} has the key "${key}", which means nothing here.`,
    ({ nearest, known }) =>
      nearest === undefined
        ? `Keys here are ${known.join(', ')}.`
        : `Did you mean "${nearest}"? Keys here are ${known.join(', ')}.`,
  ),
  CONFIG_KEY_MISSING: entry<{ file: string; key: string; why: string }>(
    exit,
    ({ file, key, why }) => `${file} lacks ${key}: ${why}.`,
    ({ key }) => `Add \`${key.split('.').at(-1)}\`; the README lists every key, and \`tagboat schema\` describes them.`,
  ),
  CONFIG_VALUE_INVALID: entry<{ file: string; key: string; why: string }>(
    exit,
    ({ file, key, why }) => `${key} in ${file} ${why}.`,
    '`tagboat schema` describes every key.',
  ),
  CONFIG_VARIABLE_UNSET: entry<{ file: string; key: string; name: string }>(
    exit,
    ({ file, key, name }) => `${key} in ${file} needs the environment variable ${name}, which is not set, or empty.`,
    ({ name }) =>
      `Set it. In Actions: \`env: { ${name}: \${{ vars.${name} }} }\` on the step. To mean the text itself, write $\${${name}}.`,
  ),
  CONFIG_SECRET_IN_FILE: entry<{ file: string; what: string; variable: string | undefined }>(
    exit,
    ({ file, what, variable }) =>
      variable === undefined
        ? `${file} holds ${what}.`
        : `${file} names the variable ${variable}, which holds ${what}; what stands in this file is printed and handed to programs.`,
    ({ variable }) =>
      variable === undefined
        ? 'Take it out and revoke it: whoever can read the repository has it. Secrets come by environment variable (docs/reference/environment.md).'
        : 'Secrets are read from their own variables (docs/reference/environment.md) and never named in the file.',
  ),
  FOLDERS_NOT_FOUND: entry<{ file: string; pattern: string; why: string }>(
    exit,
    ({ file, pattern, why }) => `images["${pattern}"] in ${file} stands for no image: ${why}.`,
    "The pattern is of folders from the app repo's root, such as services/*; each that has a Dockerfile is an image.",
  ),
  FOLDERS_TOO_MANY: entry<{ file: string; pattern: string; why: string }>(
    exit,
    ({ file, pattern, why }) => `images["${pattern}"] in ${file} stands for too much: ${why}.`,
    'Begin the pattern with the folder that the services are in, and use * for one level: services/*.',
  ),
  FOLDER_WITHOUT_DOCKERFILE: entry<{ file: string; pattern: string; name: string; why: string }>(
    exit,
    ({ file, pattern, name, why }) => `images["${pattern}"] in ${file} names ${name}, which is no image: ${why}.`,
    'Write its Dockerfile, or take the name out of the list.',
  ),
  FOLDER_UNUSABLE: entry<{ file: string; pattern: string; folder: string; why: string }>(
    exit,
    ({ file, pattern, folder, why }) => `images["${pattern}"] in ${file} stands for ${folder} too, which ${why}.`,
    'Name the folder otherwise, or leave it out: `except: [NAME]`, by the name that {name} is.',
  ),
  BAKE_NO_BUILDX: entry<{ file: string; bake: string }>(
    exit,
    ({ file, bake }) => `images: in ${file} are those of ${bake}, and docker buildx, which reads it, isn't there.`,
    () => 'Install docker with its plugin buildx (docker-buildx-plugin; in Actions: docker/setup-buildx-action).',
  ),
  BAKE_UNREADABLE: entry<{ file: string; bake: string; why: string }>(
    exit,
    ({ file, bake, why }) => `images: in ${file} are those of ${bake}, which can't be read: ${why}.`,
    ({ bake }) => `See what \`docker buildx bake -f ${bake} --print\` says; its variables come from the environment.`,
  ),
  BAKE_TARGET_UNKNOWN: entry<{
    file: string;
    bake: string;
    target: string;
    nearest: string | undefined;
    known: readonly string[];
  }>(
    exit,
    ({ file, bake, target }) => `images: in ${file} name ${target}, which is no target of ${bake}.`,
    ({ nearest, known }) =>
      `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Its targets and groups are ${known.join(', ')}. An image beside them names its own dockerfile, context or from.`,
  ),
  BAKE_UNSUPPORTED: entry<{ file: string; bake: string; target: string; why: string }>(
    exit,
    ({ bake, target, why }) => `The target ${target} of ${bake} can't be built here as it is: ${why}.`,
    () => 'Leave it out of `targets:` and build it by bake (`from:` delivers what it pushed), or take that out of it.',
  ),
  IMAGES_NOT_LOOKED_UP: entry<{ file: string; pattern: string }>(
    exit,
    ({ file, pattern }) => `images["${pattern}"] in ${file} stands for what was not looked up here.`,
    'A program has to hand parseConfig the `lists` of what peekConfig tells.',
  ),
  TEMPLATE_UNRESOLVED: entry<{ where: string; variable: string; why: string }>(
    exit,
    ({ where, variable, why }) => `{${variable}} in ${where} can't be filled in: ${why}.`,
    'Use another variable, such as {commit}, or run where it is known.',
  ),
  WRITE_TEMPLATE_UNREADABLE: entry<{ delivery: string; template: string; why: string }>(
    exit,
    ({ delivery, template, why }) => `deliveries.${delivery}.write takes ${template}, which can't be read: ${why}.`,
    'Templates are plain files of the app repo, by their path from its root, or of the config repo, as config:PATH.',
  ),
  WRITE_VALUE_UNFIT: entry<{ file: string; template: string; why: string }>(
    exit,
    ({ file, template, why }) => `${file} can't be made of ${template}: ${why}.`,
    'Nothing was written: a value must stay the text that it is, whatever a branch or a subject is called.',
  ),
  PATH_SYNTAX_INVALID: entry<{ path: string; column: number; reason: string }>(
    exit,
    ({ path, column, reason }) => `The path ${JSON.stringify(path)} breaks at character ${column}: ${reason}.`,
    'Paths look like .front.imageTag, .images[name=app].newTag, .list[0], ."a.b", .image#tag or doc[kind=Deployment].spec.x.',
  ),
  VALUE_UNWRITABLE: entry<{ path: string; why: string }>(
    exit,
    ({ path, why }) => `The value for ${path} can't be written to a file: ${why}.`,
    'Give it another value.',
  ),
} as const;
