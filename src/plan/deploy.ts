/** The values of the deploy stage: what is to be watched, and what came of it. Pure data, as in plan.ts. */

import { beginning } from '../wire/text/shorten.ts';

/** One Argo CD application. */
export interface ApplicationPlan {
  readonly name: string;
  /** Where its resource lives, when that isn't Argo CD's own namespace. */
  readonly namespace: string | undefined;
  readonly project: string | undefined;
  /** The one image that it runs, where the config says so: a run without it has nothing to wait for there. */
  readonly image?: string | undefined;
}

/** The Argo CD that follows the config repos, and the way in. */
export interface ArgoCdPlan {
  /** Base of its API without a slash at the end; undefined where the way in is a kubeconfig. */
  readonly server: string | undefined;
  /** Take any certificate. */
  readonly insecure: boolean;
  /** PEM file of the CA to trust besides, absolute or seen from the working folder. */
  readonly caFile: string | undefined;
  /**
   * `token`: ARGOCD_AUTH_TOKEN. `oidc`: GitHub's token of the job, exchanged at Argo CD's Dex. `kubeconfig`: the
   * Application resource, by the Kubernetes API.
   */
  readonly auth: 'token' | 'oidc' | 'kubeconfig';
  /** Dex's connector for GitHub's tokens. */
  readonly connector: string;
  /** kubeconfig alone: the context (default: the current one), and where Argo CD is installed. */
  readonly context: string | undefined;
  readonly namespace: string;
  /** Name of the variable with the secret that signs webhooks; with it, Argo CD is told by webhook. */
  readonly webhookSecret: string | undefined;
  /** How long a verdict is waited for. */
  readonly timeoutMs: number;
  /** How long at most where a rollout's own deadline is later; the timeout itself where one was asked for. */
  readonly longestMs: number;
  /** How long an application must stay healthy when nothing was seen to move since its sync. */
  readonly settleMs: number;
  /** What a paused rollout means. */
  readonly suspended: 'wait' | 'healthy';
  /** How long a pod of the new version may fail to start before its rollout counts as degraded. */
  readonly podFailureMs: number;
  /** Healthy without any of the run's images running there ends the run as unhealthy. */
  readonly strict: boolean;
}

/** What is to become of a delivery once it has landed. */
export interface DeployPlan {
  readonly argocd: ArgoCdPlan;
  /** Empty: every application that follows the delivery's branch and one of its files. */
  readonly applications: readonly ApplicationPlan[];
  /** Sync applications that wait for somebody to do it. */
  readonly sync: boolean;
  readonly onUnhealthy: 'fail' | 'rollback';
  /** A GitHub environment that a deployment of the source commit tells of. */
  readonly environment: EnvironmentPlan | undefined;
  /** The applications are a pull request's own, by their names: a generator makes them once it sees what is written. */
  readonly ofPullRequest?: boolean | undefined;
}

/** A GitHub environment, in the words of its REST API for deployments. */
export interface EnvironmentPlan {
  readonly name: string;
  /** Where it can be looked at. */
  readonly url?: string | undefined;
  /** It is there for some time only. */
  readonly transient?: boolean | undefined;
  readonly production?: boolean | undefined;
  /** Earlier deployments to it become inactive with a success. Default true. */
  readonly autoInactive?: boolean | undefined;
}

/** One part of why an application isn't well: a resource, and below it what it is made of. */
export interface Reason {
  /** `Deployment front`, with its namespace before the name where there are several. */
  readonly subject: string;
  /** Argo CD's or Kubernetes' word for its state: `Degraded`, `ImagePullBackOff`, `SyncFailed`. */
  readonly status: string;
  readonly message: string;
  /** Its last events, oldest first. */
  readonly events: readonly string[];
  /** The last lines its container wrote. */
  readonly log: readonly string[];
  readonly parts: readonly Reason[];
}

/** One resource of an application, under Argo CD's own words; empty where it has none. */
export interface ResourceState {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `Synced`, `OutOfSync`. */
  readonly sync: string;
  /** `Healthy`, `Progressing`, `Degraded`, `Missing`. */
  readonly health: string;
  readonly message: string;
}

/** What is at the bottom of the first of these, in a line: the pod rather than its deployment. Undefined without any. */
export function deepestOf(reasons: readonly Reason[]): { readonly line: string; readonly message: string } | undefined {
  let [reason] = reasons;
  while (reason?.parts[0] !== undefined) reason = reason.parts[0];
  if (reason === undefined) return undefined;
  const { subject, status, message } = reason;
  return { line: `${subject}: ${status}${message === '' ? '' : `, ${beginning(message, 300)}`}`, message };
}

export type Health = 'healthy' | 'degraded' | 'syncFailed' | 'timedOut' | 'unknown';

interface AboutApplication {
  readonly delivery: string;
  readonly application: string;
  /** The config commit that was waited for. */
  readonly commit: string;
  /** What Argo CD had when it was judged: that commit, or a later one that has it in its history. */
  readonly revision: string | undefined;
  readonly why: string;
  /** From the question to the verdict. */
  readonly seconds: number;
}

/** Which of the run's images an application runs, by what its pods show. */
export interface LiveImages {
  readonly live: readonly string[];
  readonly absent: readonly string[];
  /** Why none of them runs there, where none does. */
  readonly because: string | undefined;
  /** None of them runs there, and that is not to be. */
  readonly fails: boolean;
}

/** What Argo CD's state means for our config commit. */
export type Verdict =
  | (AboutApplication & {
      readonly is: 'healthy';
      /** What isn't as it should be and isn't this commit's doing, as sentences. */
      readonly notes?: readonly string[] | undefined;
      /** Undefined where the commit names no image of this run. */
      readonly images?: LiveImages | undefined;
    })
  | (AboutApplication & { readonly is: Exclude<Health, 'healthy'>; readonly reasons: readonly Reason[] })
  /** A later commit set other values, and is what was judged. */
  | (AboutApplication & {
      readonly is: 'superseded';
      readonly by: string;
      readonly judged: Health;
      readonly reasons: readonly Reason[];
    });

/** What a verdict says about the application's state, whoever's commit it is. */
export function healthOf(verdict: Verdict): Health {
  return verdict.is === 'superseded' ? verdict.judged : verdict.is;
}
