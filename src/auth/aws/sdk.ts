import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { WireFailure } from '../../wire/failure.ts';
import { type HttpRequest, readBody } from '../../wire/http.ts';
import { isPassingStatus } from '../../wire/retry.ts';
import type { Env, World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';

/** The request the SDK hands to its transport, as far as it is used here. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** How one AWS service is reached, and what went over the wire last. */
export interface AwsCall {
  /** For the SDK client's constructor. */
  readonly config: {
    readonly region: string;
    readonly maxAttempts: 1;
    readonly requestHandler: Readonly<Record<string, unknown>>;
    readonly endpoint?: string;
    readonly useFipsEndpoint?: boolean;
    readonly useDualstackEndpoint?: boolean;
  };
  /** Anything an SDK call threw, as a WireFailure without secrets. The signal's reason is thrown as it is. */
  readonly failureOf: (error: unknown) => WireFailure;
}

const largest = 1024 * 1024;

/**
 * One service of one region for the SDK. Requests go over the world's http, so that proxy, CA and Ctrl-C work as
 * everywhere else; tries are counted by the caller, because only it knows which refusals pass.
 */
export function awsCall(
  world: World,
  keeper: Keeper,
  service: 'STS' | 'ECR',
  about: { readonly region: string; readonly fips?: boolean | undefined; readonly dualstack?: boolean | undefined },
): AwsCall {
  let url = service as string;
  let status: number | undefined;

  const handle = async (request: SdkRequest): Promise<unknown> => {
    status = undefined;
    const target = urlOf(request);
    url = `${target.origin}${target.pathname}`;
    const response = await world.http({
      method: request.method as NonNullable<HttpRequest['method']>,
      url: target,
      headers: request.headers,
      body: request.body,
      signal: world.signal,
      idleMs: 20_000,
    });
    status = response.status;
    const body = await readBody(response, largest);
    return { response: { statusCode: status, headers: response.headers, body: Readable.from([body]) } };
  };

  const endpoint = endpointIn(world.env, service);
  // The SDK refuses FIPS and dual-stack together with an endpoint of one's own; the endpoint then says it all.
  const fips = endpoint === undefined && (about.fips || world.env.AWS_USE_FIPS_ENDPOINT === 'true');
  const dualstack = endpoint === undefined && (about.dualstack || world.env.AWS_USE_DUALSTACK_ENDPOINT === 'true');
  return {
    config: {
      region: about.region,
      maxAttempts: 1,
      requestHandler: { handle, destroy: () => undefined, metadata: { handlerProtocol: 'http/1.1' } },
      ...(endpoint === undefined ? {} : { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
      ...(fips ? { useFipsEndpoint: true } : {}),
      ...(dualstack ? { useDualstackEndpoint: true } : {}),
    },
    failureOf: (error) => {
      world.signal.throwIfAborted();
      if (error instanceof WireFailure) return error;
      return refusalOf(error, url, status, keeper);
    },
  };
}

/** `AWS_ENDPOINT_URL_<SERVICE>`, then `AWS_ENDPOINT_URL`, as the SDKs read them. Undefined leaves it to the SDK. */
export function endpointIn(env: Env, service: string): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** The region of the environment. */
export function regionIn(env: Env): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
}

/** Where profiles stand, as the SDKs look for them. */
export function profileFiles(env: Env): readonly string[] {
  const home = join(env.HOME ?? homedir(), '.aws');
  return [env.AWS_SHARED_CREDENTIALS_FILE ?? join(home, 'credentials'), env.AWS_CONFIG_FILE ?? join(home, 'config')];
}

/** Codes of errors that pass by themselves, whatever their status. */
const passing = new Set([
  'IDPCommunicationError',
  'Throttling',
  'ThrottledException',
  'ThrottlingException',
  'TooManyRequests',
  'RequestLimitExceeded',
  'RequestTimeout',
  'ServiceUnavailable',
  'InternalFailure',
  'InternalError',
  'Server',
]);

/** An SDK exception without its hidden request and response. `peerCode` is AWS's code without `Exception`. */
function refusalOf(error: unknown, url: string, seen: number | undefined, keeper: Keeper): WireFailure {
  const thrown = error as {
    name?: string;
    message?: string;
    $fault?: string;
    $metadata?: { httpStatusCode?: number; requestId?: string; clockSkewCorrected?: boolean };
  };
  const status = thrown.$metadata?.httpStatusCode ?? seen;
  // Only a service's own exception has `$fault`, and the SDK calls one without a code Unknown: a proxy's page, say.
  const named = thrown.$fault !== undefined && !/^Unknown(Error)?$/.test(thrown.name ?? '');
  if (!named || status === undefined) {
    const text = keeper.clean(thrown.message ?? String(error));
    if (status !== undefined && status >= 400) {
      return new WireFailure('status', url, { status, peerText: text, retryable: isPassingStatus(status) });
    }
    return new WireFailure('malformed', url, { message: `${url} gave an answer that can't be read`, peerText: text });
  }
  const code = (thrown.name ?? '').replace(/Exception$/, '');
  const request = thrown.$metadata?.requestId;
  const words = keeper.clean(thrown.message ?? '');
  return new WireFailure('status', url, {
    message: `${url} answered ${status} ${code}`,
    status,
    peerCode: code,
    peerText: request === undefined ? words : `${words} (request ${request})`,
    retryable:
      passing.has(code) ||
      passing.has(thrown.name ?? '') ||
      isPassingStatus(status) ||
      // The SDK has read AWS's time off the refusal, and signs the next request by it.
      thrown.$metadata?.clockSkewCorrected === true,
  });
}

function urlOf(request: SdkRequest): URL {
  const port = request.port === undefined ? '' : `:${request.port}`;
  const url = new URL(`${request.protocol}//${request.hostname}${port}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, one as string);
  }
  return url;
}
