import type { ArgoCdPlan, DeployPlan } from '../../plan/deploy.ts';
import type {
  Attest,
  BuilderTls,
  BuildSecret,
  BuildSsh,
  Compression,
  NamedContext,
  Required,
  SignPlan,
} from '../../plan/image.ts';
import type { AfterPlan } from '../../plan/listed.ts';
import type { HookPlan } from '../../plan/outcome.ts';
import type { PullRequestPlan, WriteTemplate } from '../../plan/pull-request.ts';
import type { Allowance, CloudPlans, Edit, Engine, Order, Person, Platform, RegistryPlan, Via } from '../../plan.ts';

/** What `tagboat.yaml` says, checked, with every default filled in. Texts with `{…}` are templates. */
export interface Config extends CloudPlans {
  /** The file as it was named, for messages. */
  readonly file: string;
  /** Template of the tag that `{tag}` stands for. */
  readonly tag: string;
  readonly images: readonly ImageConfig[];
  readonly argocd: ArgoCdPlan | undefined;
  readonly deliveries: readonly DeliveryConfig[];
  readonly notify: readonly HookPlan[];
  /** The app repo's merged pull requests are told too. */
  readonly comment: boolean;
  /** What targets of a bake or compose file ask for, and their images do without. */
  readonly leftOut?: readonly { readonly image: string; readonly what: string }[] | undefined;
}

/** One image to build. Paths are relative to the app repo's root. */
export interface ImageConfig {
  readonly name: string;
  readonly registry: RegistryPlan;
  /** Prefix included. */
  readonly repository: string;
  readonly tag: string;
  /** Templates of more tags, and of labels and annotations by their names. */
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** A template: the image that something else builds. */
  readonly from: string | undefined;
  readonly dockerfile: string;
  readonly context: string;
  readonly contexts: readonly NamedContext[];
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly secrets: readonly BuildSecret[] | undefined;
  readonly ssh: readonly BuildSsh[] | undefined;
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
  readonly require: Required | undefined;
  readonly checks: readonly (readonly string[])[] | undefined;
}

/** One value to set: its text is a template. */
export interface SetConfig extends Pick<Edit, 'file' | 'path' | 'value' | 'as'> {
  /** The image whose line it is, where `{name}` stands for one of several. */
  readonly image?: string | undefined;
}

/** One file that is written whole, and what it is made of. */
export interface WriteConfig {
  readonly file: string;
  readonly template: Pick<WriteTemplate, 'file' | 'of'>;
}

/** What of the app repo delivers: branches and git tags by names or patterns, and pull requests of its own. */
export interface FromConfig {
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly pullRequests: boolean;
}

/** What to commit to one config repo, and from which branches. */
export interface DeliveryConfig {
  readonly name: string;
  readonly from: FromConfig;
  /** Whose values it gets by promotion; then nothing delivers here. */
  readonly after?: AfterPlan | undefined;
  readonly repo: string;
  readonly branch: string;
  readonly createBranch: { readonly from?: string | undefined } | undefined;
  readonly set: readonly SetConfig[];
  /** Files that are written whole for each pull request: their paths have {pr}. */
  readonly write: readonly WriteConfig[];
  readonly create: boolean;
  readonly allow: readonly Allowance[];
  readonly message: string;
  readonly author: Person | undefined;
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
  readonly deploy: DeployPlan | undefined;
  readonly order: Order;
  readonly queue: boolean;
  readonly via: Via;
  readonly pullRequest: PullRequestPlan | undefined;
}
