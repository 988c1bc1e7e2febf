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
        .enum(['auto', 'ecr', 'ghcr', 'docker', 'anonymous'])
        .optional()
        .describe(
          "How to log in. auto (the default) decides by the host: ecr by the AWS role, ghcr by GITHUB_TOKEN, anything else by Docker's config file and credential helpers. anonymous sends nothing.",
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
        "ARN of the IAM role to assume by GitHub's OIDC token. Without it the AWS SDK's own credential chain is used.",
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
