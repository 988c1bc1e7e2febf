import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { readEcrHost } from '../../auth/aws/ecr-host.ts';
import { readRoleArn } from '../../auth/iam/right-policy.ts';
import { configMistakes } from '../../config/config.ts';
import type { Lists } from '../../config/read/lists.ts';
import type { Config } from '../../config/shape/checked.ts';
import { type ErrorReport, reportOf } from '../../errors.ts';
import type { Finding } from '../../plan/finding.ts';
import type { Env } from '../../wire/world.ts';
import type { Mendable } from './fix.ts';
import { found } from './tell.ts';

/** An error that would end a run, as a finding. */
export function findingOf(
  { code, message, place, hint }: ErrorReport,
  severity: Finding['severity'] = 'error',
): Finding {
  return { code, severity, message, place, fix: hint };
}

/** All mistakes of the config's text, and the line by which editors know its schema. */
export function checkConfigText(text: string, file: string, env: Env, lists?: Lists): Mendable[] {
  const mistakes = configMistakes(text, file, env, lists).map((error) => findingOf(reportOf(error)));
  if (/^#\s*yaml-language-server:\s*\$schema=/m.test(text)) return mistakes;
  const message = 'Without a line that names its schema, editors neither complete nor check this file.';
  const fix = 'Add `# yaml-language-server: $schema=…/tagboat.schema.json` as its first line.';
  return [
    ...mistakes,
    { ...found('SCHEMA_LINE_MISSING', 'note', message, fix, { file, line: 1 }), mend: { is: 'schemaLine', file } },
  ];
}

const pem = '-----BEGIN CERTIFICATE-----';
const ecrPart = '[a-z0-9]+(?:[._-][a-z0-9]+)*';

/** Repositories that ECR would never make: its names are stricter than the registry protocol's (CreateRepository). */
export function checkEcr({ images, aws, file }: Config): Finding[] {
  const accounts = new Map<string, Finding>();
  const role = readRoleArn(aws?.role ?? '');
  const names = images.flatMap(({ registry: { host, login }, repository, name }): Finding[] => {
    const ecr = readEcrHost(host);
    if (ecr !== undefined && role !== undefined && role.account !== ecr.account) {
      const message = `The role is in account ${role.account}, and the registry in ${ecr.account}: its repositories must let that account push.`;
      const fix = 'Use a role of the same account, or give each repository a policy for it.';
      accounts.set(host, found('ECR_ACCOUNT_OTHER', 'warning', message, fix, { file }));
    }
    const isLegal = new RegExp(`^(?=.{2,256}$)${ecrPart}(?:/${ecrPart})*$`).test(repository);
    if (isLegal || (ecr === undefined && login !== 'ecr')) return [];
    const message = `ECR can have no repository ${repository} (images.${name}): it takes 2 to 256 of a-z, 0-9 and single ".", "_", "-" between them.`;
    return [found('ECR_NAME_INVALID', 'error', message, 'Name another one by `repository:`.', { file })];
  });
  return [...names, ...accounts.values()];
}

/** A whole folder that is copied without anything to leave out takes .git along, and with it every secret ever committed. */
export async function checkIgnoreFiles(dir: string, config: Config): Promise<Mendable[]> {
  // Two images may share one context.
  const byFile = new Map<string, Mendable>();
  for (const { name, context, dockerfile, from } of config.images) {
    if (from !== undefined) continue;
    const text = await readFile(join(dir, dockerfile), 'utf8').catch(() => '');
    const copiesAll = /^\s*(?:COPY|ADD)\s+(?:--(?!from)\S+\s+)*\.\/?\s/im.test(text);
    const file = relative(dir, join(dir, context, '.dockerignore')).replaceAll('\\', '/');
    const ignores = await Promise.all([file, `${dockerfile}.dockerignore`].map((one) => isThere(join(dir, one))));
    if (!copiesAll || ignores.includes(true) || byFile.has(file) || !(await isThere(join(dir, context, '.git'))))
      continue;
    const message = `${basename(dockerfile)} copies its whole context into images.${name}, the history in .git with it.`;
    const fix = `Write a ${file} with .git in it.`;
    const finding = found('DOCKERIGNORE_MISSING', 'warning', message, fix, { file: dockerfile });
    byFile.set(file, { ...finding, mend: { is: 'ignoreFile', file } });
  }
  return [...byFile.values()];
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Proxy and certificates as the environment names them. */
export async function checkNetwork(env: Env): Promise<Finding[]> {
  const wrong: Finding[] = [];
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) {
    if (/^(?:(?:https?:\/\/)?[^\s/]+(?::\d+)?\/?)?$/.test(env[name] ?? '')) continue;
    const fix = 'Set it to a URL such as http://proxy.example.com:3128.';
    wrong.push(found('PROXY_INVALID', 'error', `${name} is no proxy's URL.`, fix));
  }
  for (const name of ['TAGBOAT_CA_FILE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
    const file = env[name] ?? '';
    const text = file === '' ? pem : await readFile(file, 'utf8').catch(() => undefined);
    if (text?.includes(pem) === true) continue;
    const why = text === undefined ? "a file that can't be read" : 'a file without a certificate in PEM form';
    const fix = 'Name a file of certificates in PEM form.';
    wrong.push(found('CA_FILE_UNUSABLE', 'error', `${name} names ${why}.`, fix, { file }));
  }
  return wrong;
}
