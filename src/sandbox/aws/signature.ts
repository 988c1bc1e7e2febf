import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiRequest } from '../api.ts';

/** What an `Authorization: AWS4-HMAC-SHA256 …` header says. */
interface AwsSignature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** The header's parts, or undefined when there is none or it isn't SigV4. */
export function readSignature(header: string | undefined): AwsSignature | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header ?? '',
    );
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature };
}

/** Whether the holder of this secret signed this request (AWS Signature Version 4, for requests without a query). */
export function isSignedWith(request: ApiRequest, signed: AwsSignature, secret: string): boolean {
  const canonical = [
    request.method,
    request.path,
    '',
    ...signed.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const scope = `${signed.date}/${signed.region}/${signed.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'] ?? '', scope, sha256(canonical)].join('\n');
  const key = [signed.date, signed.region, signed.service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${secret}`,
  );
  return timingSafeEqual(hmac(key, text), Buffer.from(signed.signature, 'hex'));
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
