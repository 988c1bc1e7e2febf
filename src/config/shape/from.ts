import * as z from 'zod';
import { patterns } from './patterns.ts';

const text = (form: Readonly<Record<string, unknown>> = {}) => z.string().meta(form);
const oneOrMore = (form: Readonly<Record<string, unknown>>) => z.union([text(form), z.array(text(form)).min(1)]);

/** What of the app repo delivers, where that is more than branches. */
export const from = z.strictObject({
  branches: oneOrMore(patterns.branchPattern).optional().describe('Branches, by names or patterns such as release/*.'),
  tags: oneOrMore(patterns.tagPattern)
    .optional()
    .describe('Git tags, by names or patterns such as v*. A tag that no delivery takes ends the run with exit code 2.'),
  pullRequests: z
    .boolean()
    .optional()
    .describe("The app repo's own pull requests; those of forks never deliver. Default false."),
});
