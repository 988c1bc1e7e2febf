import { TagboatError } from '../errors.ts';
import type { ArgoCdPlan, DeployPlan } from '../plan/deploy.ts';
import type { Attest, BuilderTls, Compression, NamedContext, SignPlan } from '../plan/image.ts';
import type { AwsPlan, Engine, Order, Person, Platform, RegistryPlan, Via } from '../plan.ts';
import type { Env } from '../wire/world.ts';
import { checkArgoCd } from './check/argocd.ts';
import { createChecks } from './check/checks.ts';
import { checkDeliveries } from './check/delivery.ts';
import { checkImages } from './check/image.ts';
import { shapeError } from './check/issues.ts';
import { checkAws, checkRegistry } from './check/registry.ts';
import { readConfig } from './read/read.ts';
import { keysAt, shape } from './shape/shape.ts';

/** What `tagboat.yaml` says, checked, with every default filled in. Texts with `{…}` are templates. */
export interface Config {
  /** The file as it was named, for messages. */
  readonly file: string;
  readonly aws: AwsPlan | undefined;
  /** Template of the tag that `{tag}` stands for. */
  readonly tag: string;
  readonly images: readonly ImageConfig[];
  readonly argocd: ArgoCdPlan | undefined;
  readonly deliveries: readonly DeliveryConfig[];
}

/** One image to build. Paths are relative to the app repo's root. */
export interface ImageConfig {
  readonly name: string;
  readonly registry: RegistryPlan;
  /** Prefix included. */
  readonly repository: string;
  readonly tag: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly contexts: readonly NamedContext[];
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly platforms: readonly Platform[];
  readonly engine: Engine | 'auto';
  readonly builder: string | undefined;
  readonly builderTls: BuilderTls | undefined;
  readonly compression: Compression | undefined;
  readonly sign: SignPlan | undefined;
  readonly attest: Attest | undefined;
  readonly cache: boolean;
  /** 0 is always, undefined never. */
  readonly refreshSeconds: number | undefined;
  /** Prefix included. */
  readonly reuseFrom: readonly string[] | undefined;
}

/** What to commit to one config repo, and from which branches. */
export interface DeliveryConfig {
  readonly name: string;
  /** Branches of the app repo: names or patterns. */
  readonly from: readonly string[];
  readonly repo: string;
  readonly branch: string;
  readonly set: readonly { readonly file: string; readonly path: string; readonly value: string }[];
  readonly create: boolean;
  readonly message: string;
  readonly author: Person | undefined;
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
  readonly deploy: DeployPlan | undefined;
  readonly order: Order;
  readonly queue: boolean;
  readonly via: Via;
}

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
