import { WireFailure } from '../failure.ts';

/** A registry's refusal or fault. `codes` are the distribution spec's (`MANIFEST_UNKNOWN`, `DENIED`, …), as sent. */
export class OciFailure extends WireFailure {
  readonly codes: readonly string[];
  readonly host: string;
  readonly repository: string | undefined;

  constructor(
    from: WireFailure,
    about: { host: string; repository?: string; codes?: readonly string[]; text?: string },
  ) {
    const peerText = about.text ?? from.peerText;
    const peerCode = about.codes?.[0] ?? from.peerCode;
    super(from.kind, from.url, {
      message: from.message,
      retryable: from.retryable,
      cause: from,
      ...(from.status === undefined ? {} : { status: from.status }),
      ...(peerCode === undefined ? {} : { peerCode }),
      ...(peerText === undefined ? {} : { peerText }),
      ...(from.retryAfterMs === undefined ? {} : { retryAfterMs: from.retryAfterMs }),
    });
    this.codes = about.codes ?? [];
    this.host = about.host;
    this.repository = about.repository;
  }
}
