import { envelopeToJSON } from '@sigstore/bundle';
import type { VerificationMaterial, Witness } from '@sigstore/sign';
import { wrongAnswer } from '../../wire/failure.ts';
import { at, isObject, jsonIn, numberAt, textAt, textsAt } from '../../wire/fields.ts';
import type { World } from '../../wire/world.ts';
import { postJson } from './post-json.ts';

type LogEntry = NonNullable<VerificationMaterial['tlogEntries']>[number];

/** Has Rekor's log take in an envelope (its v1 API, entries of kind `dsse`), over the world's http. Throws WireFailure. */
export function rekorWitness(world: World, rekor: string): Witness {
  return {
    testify: async (content, publicKey) => {
      if (content.$case !== 'dsseEnvelope') throw new TypeError('Only envelopes are logged.');
      const url = `${rekor}/api/v1/log/entries`;
      const answer = await postJson(world, url, {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          proposedContent: {
            envelope: JSON.stringify(envelopeToJSON(content.dsseEnvelope)),
            verifiers: [Buffer.from(publicKey).toString('base64')],
          },
        },
      });
      // One entry, by its id.
      const [entry] = isObject(answer) ? Object.values(answer) : [];
      return { tlogEntries: [entryOf(entry, url)] };
    },
  };
}

function entryOf(entry: unknown, url: string): LogEntry {
  const unusable = () => wrongAnswer(url, 'answered without an entry');
  // Not cut: a certificate is in it.
  const found = at(entry, 'body');
  const body = typeof found === 'string' ? found : '';
  const proof = at(entry, 'verification', 'inclusionProof');
  const promise = textAt(entry, 'verification', 'signedEntryTimestamp');
  const kind = jsonIn(Buffer.from(body, 'base64').toString());
  if (kind === undefined) throw unusable();
  return {
    logIndex: String(numberAt(entry, 'logIndex')),
    logId: { keyId: Buffer.from(textAt(entry, 'logID'), 'hex') },
    integratedTime: String(numberAt(entry, 'integratedTime')),
    kindVersion: { kind: textAt(kind, 'kind'), version: textAt(kind, 'apiVersion') },
    inclusionPromise: promise === '' ? undefined : { signedEntryTimestamp: Buffer.from(promise, 'base64') },
    inclusionProof: isObject(proof)
      ? {
          logIndex: String(numberAt(proof, 'logIndex')),
          treeSize: String(numberAt(proof, 'treeSize')),
          rootHash: Buffer.from(textAt(proof, 'rootHash'), 'hex'),
          hashes: textsAt(proof, 'hashes').map((hash) => Buffer.from(hash, 'hex')),
          checkpoint: { envelope: textAt(proof, 'checkpoint') },
        }
      : undefined,
    canonicalizedBody: Buffer.from(body, 'base64'),
  };
}
