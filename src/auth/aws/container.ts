import { readFile } from 'node:fs/promises';
import { WireFailure, wrongAnswer } from '../../wire/failure.ts';
import { jsonIn, textAt } from '../../wire/fields.ts';
import { isLinkLocal } from '../../wire/http/proxy.ts';
import { readBody } from '../../wire/http.ts';
import { isPassingStatus } from '../../wire/retry.ts';
import type { Env, World } from '../../wire/world.ts';
import { profileFiles } from './sdk.ts';

interface ContainerKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * The keys of the container that this runs in, from ECS or EKS by the world's http: the SDK has a way of its own, which
 * knows no proxy and no CA. Undefined where nothing names them, or something comes before them in the SDK's chain (AWS
 * SDKs reference guide, "Container credential provider"). Throws WireFailure.
 */
export async function containerKeys(world: World): Promise<ContainerKeys | undefined> {
  const { env, signal, mask } = world;
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const named = relative ? `http://169.254.170.2${relative}` : full;
  if (!named || !URL.canParse(named) || env.AWS_PROFILE || env.AWS_WEB_IDENTITY_TOKEN_FILE) return undefined;
  const url = new URL(named);
  // In the clear it may be this machine or what lies beside it: anybody else would learn the token.
  if ((url.protocol !== 'https:' && !isLinkLocal(url.hostname)) || (await hasDefaultProfile(env))) return undefined;
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = file ? (await readFile(file, 'utf8')).trim() : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  if (token) mask(token);
  const headers = token ? { accept: 'application/json', authorization: token } : { accept: 'application/json' };
  const response = await world.http({ url, headers, signal, idleMs: 5_000 });
  const value = jsonIn((await readBody(response, 64 * 1024)).toString('utf8'));
  const { status } = response;
  if (status !== 200) {
    const about = { status, peerText: textAt(value, 'message'), retryable: isPassingStatus(status) };
    throw new WireFailure('status', response.url, about);
  }
  const accessKeyId = textAt(value, 'AccessKeyId');
  const [secretAccessKey, sessionToken] = [textAt(value, 'SecretAccessKey'), textAt(value, 'Token')];
  if (accessKeyId === '' || secretAccessKey === '' || sessionToken === '') {
    throw wrongAnswer(response.url, 'gave no keys');
  }
  mask(secretAccessKey);
  mask(sessionToken);
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** A profile of that name comes first. */
async function hasDefaultProfile(env: Env): Promise<boolean> {
  const texts = await Promise.all(profileFiles(env).map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => /^\s*\[\s*(?:profile\s+)?default\s*\]/m.test(text));
}
