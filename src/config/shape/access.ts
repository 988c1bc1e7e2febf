import * as z from 'zod';
import { patterns } from './patterns.ts';

const text = (form: Readonly<Record<string, unknown>> = {}) => z.string().meta(form);

/** Where images go. */
export const registry = z
  .union([
    text(patterns.registry),
    z.strictObject({
      host: text(patterns.registry).describe(
        'Host, ":port" if needed, and a path that all repositories begin with: ghcr.io/acme.',
      ),
      login: z
        .enum(['auto', 'ecr', 'google', 'acr', 'ghcr', 'docker', 'anonymous'])
        .optional()
        .describe(
          "How to log in. auto (the default) decides by the host: ecr by the AWS role, google by `google` or application default credentials, acr by `azure`, ghcr by GITHUB_TOKEN, anything else by variables, Docker's config file and credential helpers. anonymous sends nothing.",
        ),
      insecure: z.boolean().optional().describe('Plain HTTP instead of HTTPS. Only on loopback is that the default.'),
    }),
  ])
  .describe('Where images are pushed: a host, or a map with how to log in.');

/** The way into AWS. */
export const aws = z
  .strictObject({
    role: text(patterns.role)
      .optional()
      .describe(
        "ARN of the IAM role to assume by the job's OIDC token. Without it the AWS SDK's own credential chain is used.",
      ),
    region: text(patterns.region)
      .optional()
      .describe("The region. Without it the registry's host or AWS_REGION tells."),
    sessionSeconds: z
      .int()
      .min(900)
      .max(43_200)
      .optional()
      .meta({ default: 3_600 })
      .describe("Lifetime of the role's session in seconds, 900 to 43200. Default 3600."),
    audience: text({ ...patterns.audience, default: 'sts.amazonaws.com' })
      .optional()
      .describe('Audience of the OIDC token. Default sts.amazonaws.com.'),
  })
  .describe('Access to AWS, for registries on ECR.');

/** The way into Google Cloud. */
export const google = z
  .strictObject({
    workloadIdentityProvider: text(patterns.workloadIdentityProvider).describe(
      'The provider of the workload identity pool that trusts the job, by its full name with the number of the project.',
    ),
    serviceAccount: text(patterns.serviceAccount)
      .optional()
      .describe("Whose token is used. Without it roles are granted to the job's own identity."),
    audience: text(patterns.audience)
      .optional()
      .describe('Audience of the OIDC token. Default https://iam.googleapis.com/ and the provider.'),
  })
  .describe('Access to Google Cloud without keys, for registries on Artifact Registry.');

/** The way into Azure. */
export const azure = z
  .strictObject({
    clientId: text(patterns.guid).describe('Application (client) ID of the app registration or managed identity.'),
    tenantId: text(patterns.guid).describe('Directory (tenant) ID.'),
    audience: text({ ...patterns.audience, default: 'api://AzureADTokenExchange' })
      .optional()
      .describe('Audience of the OIDC token. Default api://AzureADTokenExchange.'),
  })
  .describe('Access to Azure without keys, for Azure Container Registry.');
