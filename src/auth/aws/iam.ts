import { SignatureV4 } from '@smithy/signature-v4';
import { WireFailure } from '../../wire/failure.ts';
import { readBody } from '../../wire/http.ts';
import { isPassingStatus } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import { endpointIn } from './sdk.ts';

/** An SDK client's, by no type of its package: that would have to come along with ours. */
interface Signing {
  readonly credentials: unknown;
  readonly sha256: unknown;
}

type SignerOptions = ConstructorParameters<typeof SignatureV4>[0];

/** Asks IAM by its query API; answers the XML. Throws WireFailure, with AWS's own code where that refused. */
export type IamCall = (action: string, parameters: Readonly<Record<string, string>>) => Promise<string>;

// IAM is one service of a whole partition, and its requests are signed for that one's first region.
const homes: Readonly<Record<string, readonly [url: string, region: string]>> = {
  'aws-cn': ['https://iam.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  'aws-us-gov': ['https://iam.us-gov.amazonaws.com', 'us-gov-west-1'],
};
const largest = 1024 * 1024;

/** IAM by a few signed requests of ours: its SDK would make the bundle a tenth larger. `signing` is an SDK's. */
export function createIam(world: World, keeper: Keeper, partition: string, signing: Signing): IamCall {
  const [home, region] = homes[partition] ?? ['https://iam.amazonaws.com', 'us-east-1'];
  const url = new URL(endpointIn(world.env, 'IAM') ?? home);
  const keys = signing as Pick<SignerOptions, 'credentials' | 'sha256'>;
  const signer = new SignatureV4({ ...keys, region, service: 'iam' });
  return async (action, parameters) => {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
    const { headers } = await signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: '/',
        headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      },
      { signingDate: new Date(world.clock.now()) },
    );
    const response = await world.http({
      ...{ method: 'POST', url, headers, body, signal: world.signal, idleMs: 20_000 },
    });
    const text = (await readBody(response, largest)).toString('utf8');
    if (response.status === 200) return text;
    const { status } = response;
    const [peerCode] = elementsOf(text, 'Code');
    const [words] = elementsOf(text, 'Message');
    const message = `IAM answered ${status} ${peerCode ?? ''}`.trimEnd();
    const peerText = keeper.clean(words ?? text);
    throw new WireFailure('status', response.url, {
      ...{ message, status, peerCode, peerText, retryable: isPassingStatus(status) || peerCode === 'Throttling' },
    });
  };
}

/** The texts of all elements of a name that hold nothing but text. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&amp;', '&'),
  );
}
