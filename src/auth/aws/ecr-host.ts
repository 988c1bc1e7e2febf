import { ecrDomains, ecrDualstackDomains } from '../../errors/ecr-host.ts';

/** What an ECR registry's host name says. */
export interface EcrHost {
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  /** IPv6 and IPv4 (`on.aws`). */
  readonly dualstack: boolean;
}

/**
 * `ACCOUNT.dkr.ecr[-fips].REGION.DOMAIN` or, for IPv6, `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`. Undefined for any
 * other host, `public.ecr.aws` included.
 */
export function readEcrHost(host: string): EcrHost | undefined {
  const [, account, form, fips, region, domain] =
    /^(\d{12})\.(dkr\.ecr|dkr-ecr)(-fips)?\.([a-z0-9-]+)\.(.+)$/.exec(host.toLowerCase()) ?? [];
  if (account === undefined || region === undefined || domain === undefined) return undefined;
  const dualstack = form === 'dkr-ecr';
  if (!(dualstack ? ecrDualstackDomains : ecrDomains).includes(domain)) return undefined;
  return { account, region, fips: fips !== undefined, dualstack };
}

/** ECR Public: another service, with another token and no region. */
export function isEcrPublic(host: string): boolean {
  return host.toLowerCase() === 'public.ecr.aws';
}
