import { ecrDomains, ecrDualstackDomains } from '../../errors/ecr-host.ts';

/** What an ECR registry's host name says. */
export interface EcrHost {
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  /** IPv6 and IPv4 (`on.aws`). */
  readonly dualstack: boolean;
}

/** `ACCOUNT.dkr.ecr[-fips].REGION.DOMAIN`, or for IPv6 `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`; undefined for others. */
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

/** Partitions by how the names of their regions begin, each with the domain of its registries (AWS's endpoints reference). */
const partitions: readonly (readonly [regions: string, partition: string, domain: string])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk'],
];

/** The partition that a region is of: its name stands in every ARN, its domain in the registries' hosts. */
export function partitionOf(region: string): { readonly partition: string; readonly domain: string } {
  const [, partition, domain] = partitions.find(([start]) => region.startsWith(start)) ?? ['', 'aws', 'amazonaws.com'];
  return { partition, domain };
}
