import { TagboatError } from '../../errors.ts';
import type { PushedImage } from '../../plan/outcome.ts';
import type { ImagePlan, RegistryCredential } from '../../plan.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import type { Digest } from '../../wire/oci/types.ts';
import { baseRegistry } from '../base/mirror.ts';
import { createBuildLog } from '../build-log.ts';
import { withLogin } from '../engine/login.ts';
import { atRegistry, registryOf } from '../registry.ts';
import type { ImageRun } from '../run.ts';
import { hasSbom } from './sbom.ts';
import { whyUnsigned } from './signed.ts';

/** A program of the user's that looks at an image hangs when it is silent for good. */
const longestMs = 30 * 60_000;

/**
 * Lets an image that is in its registry through to what delivers it: with the attestations and signatures that are
 * required, and once every check of the user's ended well. Emits `image.log` and notices. Throws SBOM_MISSING,
 * SIGNATURE_MISSING, CHECK_FAILED, and the registry's errors; the image stays where it is.
 */
export async function passGate(run: ImageRun, image: ImagePlan, { reference, digest }: PushedImage): Promise<void> {
  const { require = {}, checks = [], name } = image;
  const { host = '', repository = '' } = parseReference(reference) ?? {};
  const { signed, sbom } = require;
  if (sbom === true || signed !== undefined) {
    const { client, ...registry } = await baseRegistry(run, image, host);
    await atRegistry({ client, ...registry }, repository, digest, async () => {
      if (sbom === true && !(await hasSbom(client, repository, digest as Digest)))
        throw new TagboatError('SBOM_MISSING', { image: name, reference, digest });
      const why = signed && (await whyUnsigned(client, repository, digest as Digest, signed));
      if (why !== undefined) {
        const { issuer, subject } = signed ?? { issuer: '', subject: '' };
        throw new TagboatError('SIGNATURE_MISSING', { image: name, reference, digest, issuer, subject, why });
      }
    });
  }
  if (checks.length === 0) return;
  const credentials = new Map<string, RegistryCredential>();
  const credential = await run.credential(registryOf(host, image.registry));
  if (credential !== undefined) credentials.set(host, credential);
  await withLogin(credentials, run.world, async ({ dir }) => {
    for (const words of checks)
      await runCheck(run, image, filled(words, `${host}/${repository}@${digest}`, digest), dir);
  });
}

function filled(words: readonly string[], image: string, digest: string): string[] {
  return words.map((word) => word.replaceAll('{image}', image).replaceAll('{digest}', digest));
}

async function runCheck(run: ImageRun, image: ImagePlan, words: readonly string[], dir: string): Promise<void> {
  const { world, emit } = run;
  const [program = '', ...args] = words;
  const log = createBuildLog((line) => emit({ type: 'image.log', image: image.name, line }));
  const subject = `${image.name} check`;
  const start = world.clock.now();
  emit({ type: 'step.started', stage: 'build', subject, message: `Checking ${image.name} with ${program}` });
  const ended = await world.exec({
    ...{ program, args, cwd: run.source.dir, env: { DOCKER_CONFIG: dir }, onLine: log.line },
    ...{ signal: world.signal, timeoutMs: longestMs },
  });
  if (ended.code !== 0) {
    const how = ended.code === null ? `was ended by ${ended.signal}` : `ended with exit code ${ended.code}`;
    const why = ended.missing ? 'is not installed' : how;
    const text = log.last().slice(-20).join('\n');
    throw new TagboatError('CHECK_FAILED', { image: image.name, program, why }, { peer: { text } });
  }
  const seconds = (world.clock.now() - start) / 1_000;
  emit({ type: 'step.finished', stage: 'build', subject, message: `${image.name} passed ${program}`, seconds });
}
