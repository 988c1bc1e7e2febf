import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cli, resultOf, town } from '../../support/cli.ts';
import { startSigstore } from '../../support/sigstore.ts';

it('a job signs its images with its own identity, and one that may not have a token learns which permission it lacks', async () => {
  const there = await town();
  const sigstore = await startSigstore();
  onTestFinished(() => sigstore.close());
  const file = join(there.app, 'tagboat.yaml');
  const text = await readFile(file, 'utf8');
  const sign = `sign: { fulcio: "${sigstore.url}", rekor: "${sigstore.url}" }`;
  await writeFile(file, text.replace('repository: app-repo,', `repository: app-repo, ${sign},`));
  await there.commit('Sign the app');
  const build = (env: Record<string, string | undefined>) => cli(['build', '--json'], { cwd: there.app, env });
  // Logged in by Docker's config, a job needs no token but for this.
  const { ACTIONS_ID_TOKEN_REQUEST_URL, ...without } = there.env;
  const refused = resultOf(await build(without));
  expect(refused.errors.map(({ code }) => code)).toContain('OIDC_UNAVAILABLE');
  expect(sigstore.asked).toEqual([]);
  const result = await build({ ...there.env, ACTIONS_ID_TOKEN_REQUEST_URL });
  expect(resultOf(result).errors).toEqual([]);
  expect(sigstore.asked).toEqual(['/api/v2/signingCert', '/api/v1/log/entries']);
  const told = result.events.flatMap((event) => (event.type === 'step.finished' ? [event.message] : []));
  expect(told.filter((message) => /^Signed app, sha256:/.test(message))).toHaveLength(1);
});
