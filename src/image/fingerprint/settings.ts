import type { Mark } from '../../plan/image.ts';
import type { ImagePlan } from '../../plan.ts';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import { Undecided } from './undecided.ts';

/** Counts up whenever assemble makes other bytes of the same input (`test/image/format.test.ts` notices). */
export const assembleFormat = 2;

type Setting = readonly [name: string, value: string];

/** What decides the result besides Dockerfile and files. Throws Undecided for a frontend that nobody here knows. */
export async function settingsOf(
  image: ImagePlan,
  dockerfile: Dockerfile,
  needsBuilder: boolean,
  digestOf: (reference: string) => Promise<string>,
): Promise<readonly Setting[]> {
  const engine = image.engine === 'auto' ? (needsBuilder ? 'builder' : 'assemble') : image.engine;
  const settings: Setting[] = [['engine', engine === 'assemble' ? `assemble ${assembleFormat}` : engine]];
  const syntax = image.args.BUILDKIT_SYNTAX ?? dockerfile.directives.syntax;
  // buildah and assemble have a reader of their own, whatever the first line says.
  if (syntax !== undefined && syntax !== '' && engine !== 'assemble' && engine !== 'buildah') {
    const [frontend = ''] = syntax.split(/\s+/);
    if (!/^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?$/.test(frontend)) {
      throw new Undecided(`only the frontend ${frontend} knows what it reads`);
    }
    settings.push(['syntax', await digestOf(frontend)]);
  }
  // BuildKit's own arguments work without being declared. Proxies, likewise, are no part of a result.
  for (const [name, value] of Object.entries(image.args)) {
    if (name.startsWith('BUILDKIT_') && name !== 'BUILDKIT_SYNTAX') settings.push([name, value]);
  }
  for (const [name, value] of Object.entries(otherOptions(image))) {
    if (value !== undefined && value !== false) settings.push([name, JSON.stringify(value)]);
  }
  return settings.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Options that may decide what is pushed: all but those that are known not to, or that count elsewhere. */
export function otherOptions(image: ImagePlan): Readonly<Record<string, unknown>> {
  const { name, registry, repository, tag, dockerfile, context, contexts, target, args, platforms, ...others } = image;
  const { engine, builder, builderTls, cache, refreshSeconds, reuseFrom, sign, tags, leftOut, ...rest } = others;
  const { require, checks, labels, annotations, secrets, ssh, ...more } = rest;
  return { ...more, labels: templatesOf(labels), annotations: templatesOf(annotations), ...namesOf(image) };
}

/** What a variable comes to is another thing at each commit, and would make every commit's image a new one. */
function templatesOf(marks: readonly Mark[] | undefined): readonly (readonly [string, string])[] | undefined {
  return marks?.map(({ name, template }) => [name, template] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Of secrets and SSH keys their names and where they come from. Their content is nobody's business, and may change. */
function namesOf({ secrets, ssh }: ImagePlan): Readonly<Record<string, readonly string[] | undefined>> {
  return {
    secrets: secrets?.map(({ id, from }) => `${id} ${from}`).sort(),
    ssh: ssh?.map(({ id, key }) => `${id} ${key === undefined ? 'agent' : 'key'}`).sort(),
  };
}
