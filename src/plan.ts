/** The values that pass between the stages: what is to be done. Pure data: no stage imports another, all import this. */

import type { DeployPlan } from './plan/deploy.ts';
import type { HoldChange, PromotedPlan } from './plan/holds.ts';
import type {
  Attest,
  BuilderPlan,
  BuildSecret,
  BuildSsh,
  Compression,
  LeftOut,
  Mark,
  NamedContext,
  Required,
  SignPlan,
} from './plan/image.ts';
import type { FileWrite, ProposedSource, PullRequestPlan } from './plan/pull-request.ts';
import type { ValueType } from './plan/value.ts';
import type { Secret } from './wire/secret.ts';

/**
 * What a registry wants to see: Basic, or the body of a token request. The username `<token>` says that the password
 * is an identity token, to be sent as an OAuth2 `refresh_token` (the credential helpers' convention).
 */
export interface RegistryCredential {
  readonly username: string;
  readonly password: Secret;
}

/** The whole `Authorization` header for a git host. */
export interface GitCredential {
  readonly authorization: Secret;
  /** What it is, for messages: `TAGBOAT_TOKEN`, `GitHub App 12345`. */
  readonly label: string;
  /** The token itself, for the host's API. */
  readonly token?: Secret | undefined;
  /** The same token on the way to GitHub's GraphQL API. Undefined where the host is no GitHub, as far as can be told. */
  readonly graphql?: { readonly url: string; readonly authorization: Secret } | undefined;
}

/** Where the run comes from: the app repo at one commit. */
export interface Source {
  /** The app repo's folder on this machine, absolute. */
  readonly dir: string;
  /** Where the app repo lives, for people and trailers: a URL without userinfo, or undefined for a purely local one. */
  readonly url: string | undefined;
  /** Full commit id, hex. */
  readonly commit: string;
  /** Short branch name, undefined on a detached head or a tag. */
  readonly branch: string | undefined;
  /** The git tag that the run is of, short (`v1.2.0`); undefined: of none. */
  readonly gitTag?: string | undefined;
  /** The pull request (merge request) that the run is of. */
  readonly pullRequest?: ProposedSource | undefined;
  /** The app repo's default branch, where something tells it. */
  readonly defaultBranch?: string | undefined;
  /** First line of the commit's message. */
  readonly subject: string;
  readonly author: Person;
  /** Committer time, ISO 8601. Image timestamps come from it, so that the same commit gives the same bytes. */
  readonly committedAt: string;
  /** Where tracked files differ from the commit, what tells this state of theirs: the commit's id doesn't say what is built. */
  readonly dirty: string | false;
  /** The CI run's page. */
  readonly runUrl: string | undefined;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** `linux/amd64`, `linux/arm64/v8`, … (OCI image spec's os/architecture[/variant]). */
export type Platform = string;

export type Engine = 'buildx' | 'docker' | 'buildah' | 'assemble';

/** How to log in to a registry. `auto` decides by its host. */
type Login = 'auto' | 'ecr' | 'google' | 'acr' | 'ghcr' | 'docker' | 'anonymous';

export interface RegistryPlan {
  /** Host with port, and a path prefix for all repositories if there is one: `ghcr.io/acme`. */
  readonly host: string;
  readonly prefix: string;
  readonly login: Login;
  /** Plain HTTP. True by default on loopback alone. */
  readonly insecure: boolean;
}

/** What AWS access needs beyond the SDK's own credential chain. */
export interface AwsPlan {
  /** The role to assume by OIDC; undefined leaves the ordinary credential chain. */
  readonly role: string | undefined;
  readonly region: string | undefined;
  /** Lifetime asked of STS, seconds (900 to 43200). */
  readonly sessionSeconds: number;
  readonly audience: string;
}

/** Workload identity federation with Google Cloud, in the words of google-github-actions/auth. */
export interface GooglePlan {
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. */
  readonly workloadIdentityProvider: string;
  /** Whose token is used; undefined: the job's own identity, to which roles are granted directly. */
  readonly serviceAccount: string | undefined;
  readonly audience: string;
}

/** Federated credentials of an application in Microsoft Entra ID, in the words of azure/login. */
export interface AzurePlan {
  readonly clientId: string;
  readonly tenantId: string;
  readonly audience: string;
}

/** The ways into clouds that the config names. */
export interface CloudPlans {
  readonly aws: AwsPlan | undefined;
  readonly google?: GooglePlan | undefined;
  readonly azure?: AzurePlan | undefined;
}

export interface ImagePlan extends BuilderPlan {
  readonly name: string;
  readonly registry: RegistryPlan;
  /** The repository's name inside the registry, prefix included: `acme/app-repo`. */
  readonly repository: string;
  readonly tag: string;
  /** More tags of the same image; `tag` is none of them. */
  readonly tags?: readonly string[] | undefined;
  /** What is added to the image's config, and to its manifest and index. */
  readonly labels?: readonly Mark[] | undefined;
  readonly annotations?: readonly Mark[] | undefined;
  /** What of these this run has no value for. */
  readonly leftOut?: readonly LeftOut[] | undefined;
  /** The image's name with its tag, its digest or both, where something else builds and pushes it; then nothing else does. */
  readonly from?: string | undefined;
  /** Absolute paths. */
  readonly dockerfile: string;
  readonly context: string;
  /** Named build contexts, besides `context`. No two of them have one name. Undefined: none. */
  readonly contexts?: readonly NamedContext[] | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** For what a RUN mounts; no image, log, cache or fingerprint has their content. Undefined: none. */
  readonly secrets?: readonly BuildSecret[] | undefined;
  readonly ssh?: readonly BuildSsh[] | undefined;
  readonly platforms: readonly Platform[];
  readonly engine: Engine | 'auto';
  /** Undefined: whatever the engine's own is, gzip for all of them. */
  readonly compression?: Compression | undefined;
  /** Sign the image with the job's identity. Undefined: don't. */
  readonly sign?: SignPlan | undefined;
  /** For the buildx engine. Undefined: nothing is said, and an image of one platform is no index. */
  readonly attest?: Attest | undefined;
  /** Keep what later builds can use in the repository, under a tag of its own. */
  readonly cache: boolean;
  /** Built again when the image of the same fingerprint is older than this; 0 is always, undefined is never. */
  readonly refreshSeconds?: number | undefined;
  /** Other repositories of the registry, prefix included, whose images of the same input are taken over. */
  readonly reuseFrom?: readonly string[] | undefined;
  /** What it must have to be delivered. */
  readonly require?: Required | undefined;
  /** Programs with their arguments that must end well before it is delivered; `{image}` and `{digest}` stand in them. */
  readonly checks?: readonly (readonly string[])[] | undefined;
}

/**
 * What a value may do all the same: `aliases`, change other places of its file that are aliases of it; `digest`, be a
 * tag beside a digest, which readers take instead of it.
 */
export type Allowance = 'aliases' | 'digest';

/** One value to set in one file of a config repo. */
export interface Edit {
  readonly file: string;
  /** `.front.imageTag`, `.images[name=app].newTag`, `.list[0]`. */
  readonly path: string;
  readonly value: string;
  /**
   * What the value is, where that is known. Undefined: text, but for a number or boolean in the place of one, where all
   * readers give it back as the same text.
   */
  readonly as?: ValueType | undefined;
  /** Create the path when it is missing. */
  readonly create: boolean;
  /** What is refused otherwise. */
  readonly allow?: readonly Allowance[] | undefined;
  /** The one value that may be replaced: with another one there, the landing is refused (VALUE_OVERTAKEN). */
  readonly replaces?: string | undefined;
}

/**
 * What a delivery does about the commit that set the value before: `guard` never puts an older commit of the app repo
 * over a newer one, `semver` never a lower release over a higher one, `off` doesn't ask.
 */
export type Order = 'guard' | 'semver' | 'off';

/** What is to land on one config repo. */
export interface DeliveryPlan {
  readonly name: string;
  /** Smart-HTTP URL without userinfo. */
  readonly repo: string;
  readonly branch: string;
  /** Where the branch isn't there: made from this one, or from the default branch. Undefined: it must be there. */
  readonly createBranch?: { readonly from?: string | undefined } | undefined;
  readonly edits: readonly Edit[];
  /** Files that are written whole, or removed. With them, there may be no edits, and nothing waits in the queue. */
  readonly writes?: readonly FileWrite[] | undefined;
  /** The whole message, trailers included. */
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
  /** Undefined: a commit is the end of it. */
  readonly deploy: DeployPlan | undefined;
  /** Default `guard`. */
  readonly order?: Order | undefined;
  /** The git tag to be delivered, where `semver` orders; without it ancestry does. */
  readonly gitTag?: string | undefined;
  /** Whether a beaten change waits in the branch's queue. Default true. */
  readonly queue?: boolean | undefined;
  readonly via?: Via | undefined;
  /** With `via: pullRequest`. */
  readonly pullRequest?: PullRequestPlan | undefined;
  /** Whose values these are: they land only while that delivery has them. It waits in no queue, where others would land it. */
  readonly promotes?: PromotedPlan | undefined;
  /** The app repo's commits that a rollback takes back. */
  readonly undoes?: readonly string[] | undefined;
  /** What the same commit does to the holds; with it, there may be no edits. */
  readonly holds?: HoldChange | undefined;
}

/** How a config commit is made: pushed, by GitHub's API, which signs it, by that where it can be (`auto`), or proposed. */
export type Via = 'git' | 'github' | 'auto' | 'pullRequest';

/** One run, worked out before anything is touched. */
export interface RunPlan extends CloudPlans {
  readonly source: Source | undefined;
  readonly images: readonly ImagePlan[];
  readonly deliveries: readonly DeliveryPlan[];
}

/** `registry/repository:tag` as Docker writes it. */
export function imageName(image: ImagePlan): string {
  return image.from ?? `${image.registry.host}/${image.repository}:${image.tag}`;
}
