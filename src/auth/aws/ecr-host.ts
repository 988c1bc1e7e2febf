/** What an ECR registry's host name says. */
export interface EcrHost {
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  /** IPv6 and IPv4 (`on.aws`). */
  readonly dualstack: boolean;
}

/** Domains of AWS's partitions: commercial, China, the EU sovereign cloud and the isolated ones. */
const domains = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
];
const dualstackDomains = ['on.aws', 'on.amazonwebservices.com.cn'];

/**
 * `ACCOUNT.dkr.ecr[-fips].REGION.DOMAIN` or, for IPv6, `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`. Undefined for any
 * other host, `public.ecr.aws` included.
 */
export function readEcrHost(host: string): EcrHost | undefined {
  const [, account, form, fips, region, domain] =
    /^(\d{12})\.(dkr\.ecr|dkr-ecr)(-fips)?\.([a-z0-9-]+)\.(.+)$/.exec(host.toLowerCase()) ?? [];
  if (account === undefined || region === undefined || domain === undefined) return undefined;
  const dualstack = form === 'dkr-ecr';
  if (!(dualstack ? dualstackDomains : domains).includes(domain)) return undefined;
  return { account, region, fips: fips !== undefined, dualstack };
}

/** ECR Public: another service, with another token and no region. */
export function isEcrPublic(host: string): boolean {
  return host.toLowerCase() === 'public.ecr.aws';
}
