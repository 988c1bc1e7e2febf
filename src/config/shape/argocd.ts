import * as z from 'zod';
import { patterns } from './patterns.ts';

const text = (form: Readonly<Record<string, unknown>> = {}) => z.string().meta(form);

/** An application by its parts. */
export const application = z.strictObject({
  name: text(patterns.applicationName).describe("The application's name; {pr} is the pull request's number."),
  namespace: text(patterns.resource)
    .optional()
    .describe("Where its resource lives, if not in Argo CD's own namespace."),
  project: text().optional().describe('Its project: tells an application that is missing from one that is hidden.'),
});

/** A GitHub environment by its parts. */
export const environment = z.strictObject({
  name: text(patterns.environment).describe("The environment's name; {pr} is the pull request's number."),
  url: text(patterns.environmentUrl)
    .optional()
    .describe('Where it can be looked at (environment_url); {pr} stands here too.'),
  transient: z.boolean().optional().describe('It is there for some time only (transient_environment). Default false.'),
  production: z
    .boolean()
    .optional()
    .describe('People use it (production_environment). Default as GitHub has it: true for the name production alone.'),
  autoInactive: z
    .boolean()
    .optional()
    .describe('Whether earlier deployments to it become inactive with a success (auto_inactive). Default true.'),
});

/** Where an Argo CD is, and how long it is listened to. */
export const argocd = z
  .strictObject({
    server: text(patterns.server)
      .optional()
      .describe("The URL of Argo CD's API, https://argocd.example.com. Not with auth: kubeconfig."),
    auth: z
      .enum(['token', 'oidc', 'kubeconfig'])
      .optional()
      .describe(
        "The way in. token (the default): ARGOCD_AUTH_TOKEN. oidc: GitHub's token of the job, exchanged at Argo CD's Dex; nothing is stored. kubeconfig: the Application resource by the Kubernetes API.",
      ),
    connector: text({ ...patterns.notBlank, default: 'github-actions' })
      .optional()
      .describe("For oidc: the id of Dex's connector for GitHub's tokens. Default github-actions."),
    context: text(patterns.notBlank).optional().describe('For kubeconfig: its context. Default: the current one.'),
    namespace: text({ ...patterns.namespace, default: 'argocd' })
      .optional()
      .describe('For kubeconfig: where Argo CD is installed. Default argocd.'),
    ca: text(patterns.notBlank)
      .optional()
      .describe('PEM file of the certificate authority behind the server, if it is your own.'),
    insecure: z.boolean().optional().describe('Take any certificate. Told at each run. Default false.'),
    timeout: text({ ...patterns.time, default: '15m' })
      .optional()
      .describe(
        'How long a verdict is waited for: 90s, 10m, 1h. Default 15m, longer than the 10m that Kubernetes gives a rollout.',
      ),
    settle: text({ ...patterns.time, default: '5s' })
      .optional()
      .describe(
        'How long an application must stay healthy before that is believed: 5s (the default), 30s, 2m. A fifth of it once it was seen to become so; up to 5s, none where the cluster says that every rollout is over.',
      ),
    webhookSecret: text(patterns.variable)
      .optional()
      .describe('NAME of the variable with the secret that signs webhooks. Argo CD is then told by webhook.'),
    suspended: z
      .enum(['wait', 'healthy'])
      .optional()
      .describe('What a paused rollout means: wait until it goes on (the default), or healthy.'),
    podFailure: text({ ...patterns.time, default: '2m' })
      .optional()
      .describe(
        "How long a pod of the new version may fail to start (its image can't be pulled, it crashes, its configuration is missing) before that counts as degraded: 30s, 2m (the default), 10m.",
      ),
    strict: z
      .boolean()
      .optional()
      .describe(
        "Whether an application that is healthy and runs none of this run's images ends the run with exit code 7. Default false: that is told.",
      ),
  })
  .describe('The Argo CD that follows the config repos.');

export type ArgoCdShape = z.infer<typeof argocd>;
