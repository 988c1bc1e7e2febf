import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a hook was sent, and what it answered. */
export interface HookRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the service's published rules say against it. */
  readonly faults: readonly string[];
}

interface HookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Never answered. */
  readonly hangs?: boolean;
}

export interface Hooks {
  readonly url: string;
  readonly requests: readonly HookRequest[];
}

/**
 * Incoming webhooks of Slack, Teams, Discord and Mattermost on loopback, each with its service's published rules: what
 * breaks one is refused as the service does. `answer` comes before them.
 */
export async function hooksOnLoopback(
  answer: (request: HookRequest, nth: number) => HookAnswer | undefined = () => undefined,
): Promise<Hooks> {
  const requests: HookRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const path = request.url ?? '';
    const rules = Object.entries(services).find(([name]) => path.startsWith(`/${name}/`))?.[1];
    const faults = request.method === 'POST' ? (rules?.(parsed(body), body) ?? []) : ['not posted'];
    if (request.headers['content-type'] !== 'application/json') faults.push('no JSON by its type');
    const told = { path, headers: request.headers, body, faults };
    requests.push(told);
    const {
      status,
      headers = {},
      body: text = '',
      hangs,
    } = answer(told, requests.length) ?? {
      status: faults.length === 0 ? 200 : 400,
      body: faults[0] ?? 'ok',
    };
    if (hangs !== true) response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

type Json = Record<string, unknown>;

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return {};
  }
}

/** A text between these lengths, by code units as JavaScript counts. */
function text(name: string, value: unknown, most: number): string[] {
  if (typeof value !== 'string' || value === '') return [`${name} is no text`];
  return value.length > most ? [`${name} has more than ${most} characters`] : [];
}

function only(name: string, value: Json, keys: readonly string[]): string[] {
  return Object.keys(value).flatMap((key) => (keys.includes(key) ? [] : [`${name} has ${key}`]));
}

const services: Readonly<Record<string, (message: Json, body: string) => string[]>> = {
  slack: (message) => {
    const blocks = (message.blocks ?? []) as Json[];
    const object = (name: string, value: unknown, most: number): string[] => {
      const it = (value ?? {}) as Json;
      if (it.type !== 'mrkdwn' && it.type !== 'plain_text') return [`${name} is no text object`];
      return [...only(name, it, ['type', 'text', 'verbatim', 'emoji']), ...text(name, it.text, most)];
    };
    return [
      ...only('message', message, ['text', 'blocks', 'unfurl_links', 'unfurl_media']),
      ...text('text', message.text, 40_000),
      ...(blocks.length > 50 ? ['more than 50 blocks'] : []),
      ...blocks.flatMap((block): string[] => {
        if (block.type === 'section')
          return [...only('section', block, ['type', 'text', 'fields']), ...object('section', block.text, 3_000)];
        const elements = (block.elements ?? []) as unknown[];
        if (block.type !== 'context' || elements.length === 0 || elements.length > 10) return ['invalid_blocks'];
        return elements.flatMap((one) => object('context', one, 3_000));
      }),
    ];
  },
  teams: (message, body) => {
    const [attachment, other] = (message.attachments ?? []) as Json[];
    const isCard = attachment?.contentType === 'application/vnd.microsoft.card.adaptive';
    if (message.type !== 'message' || !isCard || other !== undefined) return ['no message with one Adaptive Card'];
    return [...(Buffer.byteLength(body) > 28_000 ? ['more than 28 KB'] : []), ...cardFaults(attachment.content)];
  },
  discord: (message) => {
    const embeds = (message.embeds ?? []) as Json[];
    const lengths = embeds.map((embed) => String(embed.title ?? '').length + String(embed.description ?? '').length);
    return [
      ...only('message', message, ['content', 'embeds', 'allowed_mentions', 'username']),
      ...(message.content === undefined ? [] : text('content', message.content, 2_000)),
      ...(embeds.length === 0 || embeds.length > 10 ? ['embeds: 1 to 10'] : []),
      ...(lengths.reduce((a, b) => a + b, 0) > 6_000 ? ['embeds have more than 6000 characters'] : []),
      ...embeds.flatMap((embed) => [
        ...only('embed', embed, ['title', 'description', 'url', 'color']),
        ...(embed.title === undefined ? [] : text('title', embed.title, 256)),
        ...text('description', embed.description, 4_096),
        ...(Number.isInteger(embed.color) && Number(embed.color) <= 0xff_ff_ff ? [] : ['color is no RGB number']),
      ]),
    ];
  },
  mattermost: (message) => {
    const attachments = (message.attachments ?? []) as Json[];
    return [
      ...only('message', message, ['text', 'attachments', 'username', 'channel', 'props']),
      ...(message.text === undefined && attachments.length === 0 ? ['neither text nor attachments'] : []),
      ...attachments.flatMap((one) => [
        ...only('attachment', one, ['fallback', 'color', 'text', 'title', 'title_link']),
        ...text('text', one.text, 16_383),
      ]),
    ];
  },
};

interface Reading {
  readonly eventCount: number;
  getEventAt(at: number): { readonly message: string };
}
interface Reader {
  readonly SerializationContext: new () => Reading;
  readonly AdaptiveCard: new () => {
    parse(card: unknown, reading: Reading): void;
    validateProperties(): { readonly validationEvents: readonly { readonly message: string }[] };
  };
}

/** What Microsoft's own reader of cards finds wrong with one. */
function cardFaults(card: unknown): string[] {
  const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)(
    'adaptivecards/dist/adaptivecards.js',
  ) as Reader;
  const [read, reading] = [new AdaptiveCard(), new SerializationContext()];
  read.parse(card, reading);
  return [
    ...Array.from({ length: reading.eventCount }, (_, at) => reading.getEventAt(at).message),
    ...read.validateProperties().validationEvents.map(({ message }) => message),
  ];
}
