/** What an incoming webhook takes, in the form of each service. Pure. What others wrote stands in it as text alone. */

import { inertMarkdown } from '../text/inert.ts';
import { beginning } from '../text/shorten.ts';

export const hookForms = ['slack', 'teams', 'discord', 'mattermost', 'json'] as const;
export type HookForm = (typeof hookForms)[number];

export interface HookMessage {
  /** In the service's own markup; what others wrote in it is escaped. */
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'neutral';
  /** A page, https. */
  readonly link: string | undefined;
}

interface Form {
  /** A text of somebody else's that means nothing to the service: no mention, no link, no markup. */
  readonly escape: (text: string) => string;
  readonly body: (message: HookMessage) => unknown;
}

const label = 'Open the run';

/** Zero-width: a mention or a channel's name is broken by it, and it isn't seen. */
const unmentioned = (text: string): string => text.replace(/[@#~:](?=[\w<&!])/g, '$&\u2060');

export const hookBodies: Readonly<Record<Exclude<HookForm, 'json'>, Form>> = {
  // docs.slack.dev: of a section's text 3,000 characters; & < > are all that its markup wants escaped, and by `verbatim`
  // neither names nor addresses are looked for.
  slack: {
    escape: (text) =>
      unmentioned(text.replace(/[*_~`]/g, '\u2060$&\u2060'))
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;'),
    body: ({ text, link }) => ({
      text: cut(text, 3_000),
      unfurl_links: false,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: cut(text, 3_000), verbatim: true } },
        ...(link === undefined
          ? []
          : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${link}|${label}>`, verbatim: true }] }]),
      ],
    }),
  },
  // A Workflows webhook takes 28 KB of Adaptive Card; a TextRun, other than a TextBlock, knows no Markdown.
  teams: {
    escape: (text) => text,
    body: ({ text, tone, link }) => ({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: cut(text, 4_000)
              .split('\n')
              .map((line, at) => ({
                type: 'RichTextBlock',
                spacing: at === 0 ? 'default' : 'none',
                inlines: [
                  {
                    type: 'TextRun',
                    text: line === '' ? ' ' : line,
                    weight: at === 0 ? 'bolder' : 'default',
                    color: at > 0 || tone === 'neutral' ? 'default' : tone === 'good' ? 'good' : 'attention',
                  },
                ],
              })),
            ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: label, url: link }] }),
          },
        },
      ],
    }),
  },
  // discord.com/developers: of an embed's description 4,096 characters. Nobody is mentioned, whatever the text says.
  discord: {
    escape: (text) => unmentioned(text).replace(/[\\`*_~[\]()<>|#-]/g, '\\$&'),
    body: ({ text, tone, link }) => ({
      allowed_mentions: { parse: [] },
      embeds: [
        {
          description: cut(text, 4_000),
          color: { good: 0x2e_a0_43, bad: 0xda_36_33, neutral: 0x6e_76_81 }[tone],
          ...(link === undefined ? {} : { title: label, url: link }),
        },
      ],
    }),
  },
  // developers.mattermost.com: one post has 16,383 characters; longer ones become several.
  mattermost: {
    escape: (text) => unmentioned(inertMarkdown(text)).replace(/[~#]/g, '\\$&'),
    body: ({ text, tone, link }) => ({
      attachments: [
        {
          fallback: cut(text, 1_000),
          color: { good: '#2ea043', bad: '#da3633', neutral: '#6e7681' }[tone],
          text: cut(text, 8_000),
          ...(link === undefined ? {} : { title: label, title_link: link }),
        },
      ],
    }),
  },
};

/** No half of a character that is two: JSON has no text for it, and some of these services refuse it. */
function cut(text: string, most: number): string {
  const whole = text.replace(/\p{Cs}/gu, '\ufffd');
  return whole.length <= most ? whole : `${beginning(whole, most - 2)} …`;
}
