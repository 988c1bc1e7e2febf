import type { ArgoCdPlan } from '../../plan/deploy.ts';
import type { NamedContext } from '../../plan/image.ts';
import type { AfterPlan } from '../../plan/listed.ts';
import type { HookPlan } from '../../plan/outcome.ts';
import type { WriteTemplate } from '../../plan/pull-request.ts';
import type { Allowance, CloudPlans, DeliveryPlan, Edit, ImagePlan, Person } from '../../plan.ts';

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

/** What the plan of an image has in the same form; texts are templates here, and paths relative. */
type SameInPlan =
  | 'name' | 'registry' | 'repository' | 'tag' | 'dockerfile' | 'context' | 'target' | 'args' | 'secrets' | 'ssh'
  | 'platforms' | 'engine' | 'builder' | 'builderTls' | 'compression' | 'sign' | 'attest' | 'cache' | 'refreshSeconds'
  | 'reuseFrom' | 'require' | 'checks'; // biome-ignore format: a list

/** One image to build. Paths are relative to the app repo's root. */
export interface ImageConfig extends Required<Pick<ImagePlan, SameInPlan>> {
  /** Templates of more tags, and of labels and annotations by their names. */
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** A template: the image that something else builds. */
  readonly from: string | undefined;
  readonly contexts: readonly NamedContext[];
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

type DeliveredSo = 'name' | 'repo' | 'branch' | 'createBranch' | 'deploy' | 'order' | 'queue' | 'via' | 'pullRequest';

/** What to commit to one config repo, and from which branches. */
export interface DeliveryConfig extends Required<Pick<DeliveryPlan, DeliveredSo>> {
  readonly from: FromConfig;
  /** Whose values it gets by promotion; then nothing delivers here. */
  readonly after?: AfterPlan | undefined;
  readonly set: readonly SetConfig[];
  /** Files that are written whole for each pull request: their paths have {pr}. */
  readonly write: readonly WriteConfig[];
  readonly create: boolean;
  readonly allow: readonly Allowance[];
  readonly message: string;
  readonly author: Person | undefined;
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
}
