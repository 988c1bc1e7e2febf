/**
 * What notices tell, by their codes: what stands with each is what a program needs of it, and the message is for people.
 * The comment above each is what docs/reference/notices.md says of it.
 */
interface NoticeData {
  /** The run was asked to stop, and cleans up. */
  STOPPING: { readonly signal: string };
  /** Something that a command says to people. */
  SAID: None;
  /** The dashboard is served; what stands behind the number sign of its address lets a page read. */
  DASHBOARD_READY: { readonly url: string };
  /** A git host or a registry does something unusual. */
  PEER_UNUSUAL: None;
  /** A peer fails, can't be reached, or limits how often it is asked, and is waited for: so many seconds, or `until` where it told a time. */
  PEER_AWAITED: PeerAwaited;
  /** No delivery takes the commit, so nothing is committed. */
  NOTHING_TAKEN: { readonly commit: string };
  /** A target of a bake or compose file asks for something that its image does without. */
  BAKE_LEFT_OUT: OfImage;
  /** Files differ from the commit, so what names it doesn't name it alone. */
  FILES_UNCOMMITTED: { readonly state: string };
  /** A pull request that no delivery takes is planned as if it were merged. */
  PLANNED_AS_MERGED: { readonly into: string };
  /** The plan stands on its pull request as a comment. */
  PLAN_COMMENTED: { readonly number: number; readonly did: 'created' | 'updated' | 'unchanged' };
  /** The plan was to stand on its pull request as a comment, and doesn't. */
  PLAN_NOT_COMMENTED: None;
  /** The app repo's merged pull request says as a comment where its commit is live, or that it was rolled back. */
  LIVE_COMMENTED: { readonly number: number; readonly did: 'created' | 'updated' | 'unchanged' };
  /** The app repo's merged pull request was to be told of a delivery, and wasn't. */
  LIVE_NOT_COMMENTED: { readonly deliveries: readonly string[] };
  /** A delivery isn't for this commit, or some of its values aren't for the images asked for. */
  DELIVERY_LEFT_OUT: { readonly delivery: string };
  /** Something that a plan would show can't be known here. */
  NOT_KNOWN_HERE: { readonly error: string };
  /** Variables of the config aren't set here, so no registry is asked. */
  VARIABLES_UNSET: { readonly names: readonly string[] };
  /** What a registry is logged in to with, or that it is asked without. */
  REGISTRY_LOGIN: { readonly host: string };
  /** A git token crosses the network unencrypted. */
  GIT_TOKEN_UNENCRYPTED: { readonly host: string };
  /** A git token is not used for a host, since nothing says that it is meant for it. */
  GIT_TOKEN_WITHHELD: { readonly host: string };
  /** A GitHub App's token couldn't be revoked, and stays good for up to an hour. */
  TOKEN_NOT_REVOKED: None;
  /** Credentials couldn't be ended. */
  CREDENTIALS_NOT_ENDED: None;
  /** An image of the same input isn't used, or couldn't be looked for. */
  IMAGE_NOT_REUSED: OfImage;
  /** Later builds can't reuse this image. */
  IMAGE_NOT_REUSABLE: OfImage;
  /** Another build of the same input was first, and its image stays the one that is found. */
  IMAGE_KNOWN_ALREADY: OfImage;
  /** What the image was made of isn't kept, so that `plan --explain` can't compare. */
  IMAGE_RECORD_NOT_KEPT: OfImage;
  /** The builder's cache couldn't be read or written. */
  BUILD_CACHE_FAILED: OfImage;
  /** The engine can't do something that the config asks for, and the image is without it. */
  ENGINE_LACKS: OfImage;
  /** The tag named another image before. */
  TAG_MOVED: OfImage;
  /** An instruction means something else than it seems to: a pattern that matches nothing, an owner that isn't known. */
  INSTRUCTION_EMPTY: OfImage;
  /** A mirror of Docker Hub isn't asked, or failed. */
  MIRROR_FAILED: None;
  /** Changes of other writers landed in the same push. */
  OTHERS_LANDED: { readonly branch: string; readonly count: number };
  /** The list of files that writers may land for each other can't be read. */
  QUEUE_LIST_UNREADABLE: { readonly branch: string };
  /** The change can't wait in the branch's queue, so pushes are tried again instead. */
  QUEUE_UNAVAILABLE: { readonly why: 'noQueue' | 'tooLarge' };
  /** Which way a commit is made that may be made either way (`via: auto`). */
  VIA_CHOSEN: { readonly delivery: string; readonly via: 'git' | 'github' };
  /** Nobody knows whether the change landed. */
  LANDING_UNKNOWN: { readonly branch: string };
  /** The run waits until its pull request is merged. */
  MERGE_AWAITED: { readonly url: string };
  /** The pull request that is waited for conflicts with its base, as its host says; it may be mended meanwhile. */
  MERGE_CONFLICTS: { readonly url: string; readonly branch: string };
  /** The config branch isn't there and is made, from this one or the default branch. */
  BRANCH_CREATED: { readonly branch: string; readonly base: string | undefined };
  /** A branch that is proposed has commits of somebody else's, which stay. */
  PULL_REQUEST_KEPT: { readonly branch: string };
  /** A value to be replaced names no commit, or nothing says from which one it is. */
  VALUE_OF_NO_COMMIT: { readonly file: string; readonly path: string };
  /** A file that is written whole was changed by hand since, and is written anew. */
  FILE_CHANGED_BY_HAND: { readonly file: string };
  /** Nobody tells which commit a pull request to be retired ended with. */
  PULL_REQUEST_UNKNOWN: { readonly number: number };
  /** Files of others stay in the folder of a retired pull request. */
  FILES_LEFT: { readonly files: readonly string[] };
  /** It can't be kept that the values were there already, so that an older run may replace them. */
  VALUES_NOT_CONFIRMED: { readonly delivery: string };
  /** An edit changes more than a value's text: its type, other places, or what a digest makes void. */
  VALUE_SURPRISES: { readonly file: string; readonly path: string };
  /** A commit that a rollback undoes. */
  ROLLBACK_UNDOES: { readonly commit: string };
  /** An unhealthy delivery isn't rolled back. */
  ROLLBACK_LEFT: { readonly delivery: string };
  /** Nothing says from which commit promoted values are, so they go over whatever is there. */
  PROMOTED_OF_NO_COMMIT: { readonly from: string; readonly to: string };
  /** The values to be promoted moved before they landed, so it is decided again by what is there now. */
  PROMOTION_DECIDED_AGAIN: { readonly delivery: string };
  /** The certificate of an Argo CD isn't checked. */
  CERTIFICATE_UNCHECKED: { readonly server: string };
  /** An application can't be watched yet; it may be by the time it matters. */
  APPLICATION_NOT_READY: { readonly error: string };
  /** What is waited for before applications can be watched. */
  APPLICATIONS_AWAITED: None;
  /** A GitHub deployment couldn't be written. */
  DEPLOYMENT_NOT_WRITTEN: { readonly environment: string };
  /** A hook of `notify:` wasn't told what became of a delivery. */
  HOOK_NOT_TOLD: { readonly variable: string; readonly delivery: string };
  /** Traces and metrics of the run couldn't be sent. */
  TELEMETRY_NOT_SENT: None;
  /** A sync was asked for. */
  SYNC_ASKED: OfApplication;
  /** An application waits for somebody to sync it. */
  SYNC_BY_HAND: OfApplication;
  /** Argo CD didn't take the webhook. */
  WEBHOOK_REFUSED: None;
  /** A rollout has a deadline of its own that is later than the timeout. */
  ROLLOUT_TAKES_LONGER: OfApplication & { readonly seconds: number };
  /** An application is healthy, with something that isn't as it should be. */
  HEALTHY_BUT: OfApplication;
}

interface PeerAwaited {
  /** Its URL, without query or userinfo. */
  readonly peer: string;
  readonly seconds: number;
  readonly until: string | undefined;
  readonly limited: boolean;
}
type None = Readonly<Record<string, never>>;
interface OfImage {
  readonly image: string;
}
interface OfApplication {
  readonly application: string;
}

/** A notice's code with what belongs to it. */
export type Notice = {
  [C in keyof NoticeData]: { readonly code: C; readonly data: NoticeData[C] };
}[keyof NoticeData];

/** The codes of notices about one image. */
export type ImageNotice = Extract<Notice, { readonly data: OfImage }>['code'];
