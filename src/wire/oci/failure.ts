import { WireFailure } from '../failure.ts';
import { jsonIn } from '../fields.ts';
import type { Digest } from './types.ts';

/** What the client found out beyond the status. */
type Finding =
  /** The tag can't be moved, and means this digest. */
  | { readonly is: 'tagHeld'; readonly tag: string; readonly digest: Digest }
  /** The image can be put, but not under this tag; `there` is its digest where the repository had it before. */
  | { readonly is: 'tagRefused'; readonly tag: string; readonly there: Digest | undefined }
  /** Content isn't what its digest or size promises. */
  | { readonly is: 'mismatch'; readonly digest: Digest };

/** Who answered: the registry, the server that it names for tokens, or another one that it led to. */
export type Answerer = 'registry' | 'tokenServer' | 'redirect';

/** A registry's refusal or fault. `codes` are the distribution spec's (`MANIFEST_UNKNOWN`, `DENIED`, …), as sent. */
export class OciFailure extends WireFailure {
  readonly codes: readonly string[];
  readonly host: string;
  readonly repository: string | undefined;
  readonly finding: Finding | undefined;
  readonly answerer: Answerer;

  constructor(
    from: WireFailure,
    about: {
      readonly host: string;
      readonly repository?: string | undefined;
      readonly codes?: readonly string[];
      readonly text?: string | undefined;
      readonly finding?: Finding;
      readonly answerer?: Answerer;
      readonly retryable?: boolean;
    },
  ) {
    const peerText = about.text ?? from.peerText;
    const peerCode = about.codes?.[0] ?? from.peerCode;
    super(from.kind, from.url, {
      message: from.message,
      retryable: about.retryable ?? from.retryable,
      cause: from,
      status: from.status,
      retryAfterMs: from.retryAfterMs,
      peerCode,
      peerText,
    });
    const before = from instanceof OciFailure ? from : undefined;
    this.codes = about.codes ?? before?.codes ?? [];
    this.host = about.host;
    this.repository = about.repository ?? before?.repository;
    this.finding = about.finding ?? before?.finding;
    this.answerer = about.answerer ?? before?.answerer ?? 'registry';
  }
}

/** The codes and words of an error body: the spec's `errors`, what token servers say, or plain text. */
export function readRefusal(contentType: string | undefined, body: string): { codes: string[]; text: string } {
  if (/\bhtml\b/i.test(contentType ?? '') || /^\s*<(!doctype|html)/i.test(body))
    return { codes: [], text: 'an HTML page' };
  const value = jsonIn(body);
  if (value === undefined) return { codes: [], text: body.trim() };
  const errors = list(field(value, 'errors')) ?? [value];
  const codes = errors.map((one) => words(field(one, 'code'))).filter((code) => /^[A-Z][A-Z0-9_]+$/.test(code));
  const said = errors.map((one) => words(field(one, 'message') ?? field(one, 'details') ?? field(one, 'error')));
  const text = said.filter((one) => one !== '').join('; ');
  return { codes, text: text === '' ? body.trim() : text };
}

function field(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | null)?.[name];
}

function list(value: unknown): unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
