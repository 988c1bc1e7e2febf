import { resolve } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { type BuilderTls, contentVariable, type LeftOut, type Mark, type RequiredSignature } from '../../plan/image.ts';
import type { ImagePlan, RegistryPlan } from '../../plan.ts';
import { isLoopback, parseReference } from '../../wire/oci/reference.ts';
import type { Config, ImageConfig } from '../shape/checked.ts';
import { type RunOf, resolveFrom, resolveTag, resolveValue, whyUnfilled } from './variables.ts';

/** An image as one run builds it: its templates filled in, its files by absolute paths. Throws TEMPLATE_UNRESOLVED. */
export function planImage(image: ImageConfig, run: RunOf, given: string | undefined): ImagePlan {
  const { dir } = run.source;
  const where = `images.${image.name}`;
  const from = given ?? (image.from === undefined ? undefined : resolveFrom(image.from, `${where}.from`, run));
  const leftOut: LeftOut[] = [];
  const isUnknown = (key: string, template: string): boolean => {
    const waits = template.includes('{tag}') && image.tag.includes(contentVariable);
    const why = waits ? 'the tag, by content, is known once the image is there' : whyUnfilled(template, run);
    if (why !== undefined) leftOut.push({ key, template, why });
    return why !== undefined;
  };
  const tag = from === undefined ? resolveTag(image.tag, `${where}.tag`, run) : '';
  // What something else built is taken as it is.
  const tags = (from === undefined ? image.tags : []).flatMap((template, at) =>
    isUnknown(`tags[${at}]`, template) ? [] : [resolveTag(template, `${where}.tags[${at}]`, run)],
  );
  const marks = (key: 'labels' | 'annotations'): readonly Mark[] | undefined => {
    const all = Object.entries(image[key]).map(([name, template]): Mark => {
      const at = `${key}.${name}`;
      const isKnown = !isUnknown(at, template);
      const value = isKnown ? resolveValue(template, `${where}.${at}`, { ...run, tag, images: [] }) : undefined;
      return { name, template, value };
    });
    return all.length === 0 ? undefined : all;
  };
  return {
    ...image,
    ...(from === undefined ? {} : placeOf(from, image.registry)),
    from,
    tag,
    tags: [...new Set(tags)].filter((one) => one !== tag),
    labels: marks('labels'),
    annotations: marks('annotations'),
    leftOut,
    dockerfile: resolve(dir, image.dockerfile),
    context: resolve(dir, image.context),
    builderTls: image.builderTls && absolute(image.builderTls, dir),
    require: image.require && { ...image.require, signed: ofRoot(image.require.signed, dir) },
    secrets: image.secrets?.map((one) => (one.from === 'src' ? { ...one, file: resolve(dir, one.file) } : one)),
    ssh: image.ssh?.map(({ id, key }) => ({ id, key: key && resolve(dir, key) })),
    contexts: image.contexts.map((one) => ('dir' in one ? { ...one, dir: resolve(dir, one.dir) } : one)),
  };
}

/** Where an image from elsewhere lies: in the images' own registry, with its login, or in one that is found as a base's is. */
function placeOf(from: string, own: RegistryPlan): Pick<ImagePlan, 'registry' | 'repository'> {
  const { host = '', repository = '' } = parseReference(from) ?? {};
  const other: RegistryPlan = { host, prefix: '', login: 'auto', insecure: isLoopback(host) };
  return { registry: host === own.host ? own : other, repository };
}

function ofRoot(signed: RequiredSignature | undefined, dir: string): RequiredSignature | undefined {
  return signed && { ...signed, trustRoot: resolve(dir, signed.trustRoot) };
}

function absolute({ ca, client, serverName }: BuilderTls, dir: string): BuilderTls {
  const files = client && { cert: resolve(dir, client.cert), key: resolve(dir, client.key) };
  return { ca: resolve(dir, ca), client: files, serverName };
}

/** Two templates may come out as one tag. Throws CONFIG_VALUE_INVALID. */
export function refuseTwins({ file }: Config, images: readonly ImagePlan[]): void {
  const names = new Map<string, string>();
  for (const { name, repository, tag, tags = [], from } of images) {
    for (const one of [tag, ...tags]) {
      // Of one content they are one image.
      if (one.includes(contentVariable) || from !== undefined) continue;
      const twin = names.get(`${repository}:${one}`);
      if (twin !== undefined) {
        const why = `has the same repository and tag (${one}) as images.${twin}: the one pushed last would replace the other`;
        throw new TagboatError('CONFIG_VALUE_INVALID', { file, key: `images.${name}`, why });
      }
      names.set(`${repository}:${one}`, name);
    }
  }
}
