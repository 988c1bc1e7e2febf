import { TagboatError } from '../errors.ts';
import type { Env } from '../wire/world.ts';
import { checkArgoCd } from './check/argocd.ts';
import { createChecks } from './check/checks.ts';
import { checkDeliveries } from './check/delivery.ts';
import { checkImages } from './check/image.ts';
import { shapeError } from './check/issues.ts';
import { checkAws, checkRegistry } from './check/registry.ts';
import { readConfig } from './read/read.ts';
import type { Config } from './shape/checked.ts';
import { keysAt, shape } from './shape/shape.ts';

/**
 * Reads the text of a `tagboat.yaml`, with `${VARIABLES}` from the environment given. Pure. Throws CONFIG_* and
 * PATH_SYNTAX_INVALID, each with its place in the file.
 */
export function parseConfig(text: string, file: string, env: Env): Config {
  const read = readConfig(text, file, env);
  const parsed = shape.safeParse(read.value ?? {});
  if (!parsed.success) throw shapeError(read, parsed.error.issues, keysAt);
  const raw = parsed.data;
  const checks = createChecks(read);
  if (raw.images === undefined && raw.deliveries === undefined) {
    const why = 'there is nothing to build and nothing to deliver';
    throw new TagboatError('CONFIG_KEY_MISSING', { file, key: 'images', why }, { place: { file } });
  }
  const registry = checkRegistry(raw.registry, checks);
  const tag = raw.tag ?? '{commit}';
  checks.tagTemplate(['tag'], tag);
  const images = checkImages(raw.images ?? {}, { registry, tag }, checks);
  const names = images.map(({ name }) => name);
  const argocd = checkArgoCd(raw.argocd, checks);
  const context = { images: names, server: env.GITHUB_SERVER_URL, argocd };
  return {
    file,
    aws: checkAws(raw.aws, checks),
    tag,
    images,
    argocd,
    deliveries: checkDeliveries(raw.deliveries ?? {}, context, checks),
  };
}
