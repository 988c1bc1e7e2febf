import * as z from 'zod';
import { patterns } from './patterns.ts';

/** How a delivery proposes its commit, as tagboat.yaml says it. */
export const pullRequest = z
  .strictObject({
    title: z
      .string()
      .meta(patterns.message)
      .optional()
      .describe("Its title, a template as the message. Default: the message's first line."),
    body: z
      .string()
      .meta(patterns.message)
      .optional()
      .describe('Markdown above the list of changes, a template as the message.'),
    labels: z
      .array(z.string().meta(patterns.notBlank))
      .optional()
      .describe('Its labels. One that is missing is made. Others stay.'),
    reviewers: z
      .array(z.string().meta(patterns.reviewer))
      .optional()
      .describe('Who is asked for a review: users, and teams as owner/team.'),
    autoMerge: z
      .enum(['merge', 'squash', 'rebase'])
      .optional()
      .describe(
        'Have the host merge it so, once its rules allow; at once where nothing stands in the way. Default: somebody merges it.',
      ),
    head: z
      .string()
      .meta(patterns.branch)
      .optional()
      .describe(
        'The branch that is proposed, one for each delivery of the config repo. Default tagboat/ and the name of the delivery.',
      ),
    host: z
      .enum(['github', 'gitlab', 'gitea'])
      .optional()
      .describe("What the host is, where its name doesn't tell. gitea is Forgejo too."),
  })
  .describe('With via: pullRequest, what the pull request is like.');
