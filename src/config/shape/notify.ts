import * as z from 'zod';
import { deliveryEnds } from '../../plan/outcome.ts';
import { hookForms } from '../../wire/hook/forms.ts';
import { patterns } from './patterns.ts';

/** Who is told what became of deliveries. */
export const notify = z
  .array(
    z.strictObject({
      url: z
        .string()
        .meta(patterns.hookUrl)
        .describe(
          'The incoming webhook, as the variable that has its URL in braces after a dollar sign. The URL itself is a secret and is refused here.',
        ),
      as: z
        .enum(hookForms)
        .optional()
        .meta({ default: 'json' })
        .describe(
          'Whose form the message has: slack, teams (a Workflows webhook, an Adaptive Card), discord, mattermost, or json (the default) for a program of your own.',
        ),
      on: z
        .array(z.enum(deliveryEnds))
        .min(1)
        .optional()
        .describe(
          'Which ends of a delivery are told; failed stands for each that is bad (degraded, syncFailed, timedOut, unknown) too. Default: landed, healthy, rolledBack, failed. Only the last one counts: a delivery that is followed in Argo CD ends as healthy, not as landed.',
        ),
      deliveries: z
        .array(z.string().meta(patterns.name))
        .min(1)
        .optional()
        .describe('Only of these deliveries. Default: of all.'),
      text: z
        .string()
        .meta(patterns.hookText)
        .optional()
        .describe(
          "Words of your own, a template in the service's own markup: {delivery}, {outcome}, {why}, {commit}, {shortCommit}, {subject}, {author}, {branch}, {app}, {configCommit}, {repo}, {url}. What they stand for is escaped, and empty where a run hasn't any.",
        ),
      secret: z
        .string()
        .meta(patterns.variable)
        .optional()
        .describe('NAME of the variable with the key that signs the message (Standard Webhooks). For json.'),
    }),
  )
  .describe(
    'Whom to tell what became of each delivery: incoming webhooks. One that fails is told and fails no delivery.',
  );

export type NotifyShape = z.infer<typeof notify>;
