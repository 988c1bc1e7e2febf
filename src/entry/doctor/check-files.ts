import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { readEcrHost } from '../../auth/aws/ecr-host.ts';
import { readRoleArn } from '../../auth/iam/right-policy.ts';
import { configMistakes } from '../../config/config.ts';
import type { Config } from '../../config/shape/checked.ts';
import { type ErrorReport, reportOf } from '../../errors.ts';
import type { Finding } from '../../plan/finding.ts';
import type { Env } from '../../wire/world.ts';
import type { Mendable } from './fix.ts';

/** An error that would end a run, as a finding. */
export function findingOf(
  { code, message, place, hint }: ErrorReport,
  severity: Finding['severity'] = 'error',
): Finding {
  return { code, severity, message, place, fix: hint };
}

/** All mistakes of the config's text, and the line by which editors know its schema. */
export function checkConfigText(text: string, file: string, env: Env): Mendable[] {
  const mistakes = configMistakes(text, file, env).map((error) => findingOf(reportOf(error)));
  if (/^#\s*yaml-language-server:\s*\$schema=/m.test(text)) return mistakes;
  const message = 'Without a line that names its schema, editors neither complete nor check this file.';
  const fix = 'Add `# yaml-language-server: $schema=…/tagboat.schema.json` as its first line.';
  return [
    ...mistakes,
    {
      code: 'SCHEMA_LINE_MISSING',
      severity: 'note',
      message,
      place: { file, line: 1 },
      fix,
      mend: { is: 'schemaLine', file },
    },
  ];
}

const ecrPart = '[a-z0-9]+(?:[._-][a-z0-9]+)*';

/** Repositories that ECR would never make: its names are stricter than the registry protocol's (CreateRepository). */
export function checkEcr({ images, aws, file }: Config): Finding[] {
  const seen = new Set<string>();
  return images.flatMap(({ registry: { host, login }, repository, name }): Finding[] => {
    const ecr = readEcrHost(host);
    if (ecr === undefined && login !== 'ecr') return [];
    const found: Finding[] = [];
    const legal =
      new RegExp(`^${ecrPart}(?:/${ecrPart})*$`).test(repository) && repository.length >= 2 && repository.length <= 256;
    if (!legal) {
      const message = `ECR can have no repository ${repository} (images.${name}): it takes 2 to 256 of a-z, 0-9 and single ".", "_", "-" between them.`;
      found.push({
        code: 'ECR_NAME_INVALID',
        severity: 'error',
        message,
        place: { file },
        fix: 'Name another one by `repository:`.',
      });
    }
    const role = readRoleArn(aws?.role ?? '');
    if (ecr !== undefined && role !== undefined && role.account !== ecr.account && !seen.has(host)) {
      seen.add(host);
      const message = `The role is in account ${role.account}, and the registry in ${ecr.account}: its repositories must let that account push.`;
      found.push({
        code: 'ECR_ACCOUNT_OTHER',
        severity: 'warning',
        message,
        place: { file },
        fix: 'Use a role of the same account, or give each repository a policy for it.',
      });
    }
    return found;
  });
}

/** A whole folder that is copied without anything to leave out takes .git along, and with it every secret ever committed. */
export async function checkIgnoreFiles(dir: string, config: Config): Promise<Mendable[]> {
  const found = await Promise.all(
    config.images.map(async ({ name, context, dockerfile, from }): Promise<Mendable[]> => {
      if (from !== undefined) return [];
      const text = await readFile(join(dir, dockerfile), 'utf8').catch(() => '');
      const copiesAll = /^\s*(?:COPY|ADD)\s+(?:--(?!from)\S+\s+)*\.\/?\s/im.test(text);
      const has = await Promise.all(
        [join(dir, context, '.git'), join(dir, context, '.dockerignore'), join(dir, `${dockerfile}.dockerignore`)].map(
          isThere,
        ),
      );
      const [git, ignore, own] = has;
      if (!copiesAll || git !== true || ignore === true || own === true) return [];
      const file = relative(dir, join(dir, context, '.dockerignore'))
        .split('\\')
        .join('/');
      const message = `${basename(dockerfile)} copies its whole context into images.${name}, the history in .git with it.`;
      return [
        {
          code: 'DOCKERIGNORE_MISSING',
          severity: 'warning',
          message,
          place: { file: dockerfile },
          fix: `Write a ${file} with .git in it.`,
          mend: { is: 'ignoreFile', file },
        },
      ];
    }),
  );
  // Two images may share one context.
  const all = found.flat();
  return all.filter(
    (one, at) =>
      all.findIndex(
        (other) =>
          other.mend?.is === 'ignoreFile' && one.mend?.is === 'ignoreFile' && other.mend.file === one.mend.file,
      ) === at,
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Proxy and certificates as the environment names them. */
export async function checkNetwork(env: Env): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) {
    const value = env[name];
    if (value === undefined || value === '' || /^(?:https?:\/\/)?[^\s/]+(?::\d+)?\/?$/.test(value)) continue;
    const fix = 'Set it to a URL such as http://proxy.example.com:3128.';
    found.push({ code: 'PROXY_INVALID', severity: 'error', message: `${name} is no proxy's URL.`, fix });
  }
  for (const name of ['TAGBOAT_CA_FILE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
    const file = env[name];
    if (file === undefined || file === '') continue;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text?.includes('-----BEGIN CERTIFICATE-----') === true) continue;
    const message =
      text === undefined
        ? `${name} names a file that can't be read.`
        : `${name} names a file without a certificate in PEM form.`;
    found.push({
      code: 'CA_FILE_UNUSABLE',
      severity: 'error',
      message,
      place: { file },
      fix: 'Name a file of certificates in PEM form.',
    });
  }
  return found;
}
