import { generateKeyPairSync, sign } from 'node:crypto';
import type { Signer } from '@sigstore/sign';
import { WireFailure, wrongAnswer } from '../../wire/failure.ts';
import { at, textAt, textsAt } from '../../wire/fields.ts';
import type { Secret } from '../../wire/secret.ts';
import { tokenClaims } from '../../wire/text/token.ts';
import type { World } from '../../wire/world.ts';
import { postJson } from './post-json.ts';

/**
 * Signs with a key that exists for one signature, and has Fulcio certify it for the token's identity (its v2 API). Over
 * the world's http, which sigstore's own client knows nothing of. Throws WireFailure.
 */
export function fulcioSigner(world: World, fulcio: string, token: Secret): Signer {
  return {
    sign: async (data) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const url = `${fulcio}/api/v2/signingCert`;
      const answer = await postJson(world, url, {
        credentials: { oidcIdentityToken: token.reveal() },
        publicKeyRequest: {
          publicKey: { algorithm: 'ECDSA', content: publicKey.export({ format: 'pem', type: 'spki' }) },
          // The key is ours: it has signed whom it is for.
          proofOfPossession: sign('sha256', Buffer.from(subjectOf(token, url)), privateKey).toString('base64'),
        },
      });
      const forms = ['signedCertificateEmbeddedSct', 'signedCertificateDetachedSct'];
      const [certificate] = forms.flatMap((form) => textsAt(answer, form, 'chain', 'certificates'));
      if (certificate === undefined) {
        throw wrongAnswer(url, 'answered without a certificate');
      }
      return { signature: sign('sha256', data, privateKey), key: { $case: 'x509Certificate', certificate } };
    },
  };
}

/** Whom Fulcio certifies a token for: its e-mail where it has one, else its subject. */
function subjectOf(token: Secret, url: string): string {
  const claims = tokenClaims(token.reveal()) ?? {};
  const email = textAt(claims, 'email');
  const subject = email !== '' && at(claims, 'email_verified') === true ? email : textAt(claims, 'sub');
  if (subject !== '') return subject;
  throw new WireFailure('malformed', url, { message: "the job's token names no subject" });
}
