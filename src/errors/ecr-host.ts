/** Domains of AWS's partitions: commercial, China, the EU sovereign cloud and the isolated ones. */
export const ecrDomains: readonly string[] = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
];

/** The same for hosts that are reached by IPv6 too. */
export const ecrDualstackDomains: readonly string[] = ['on.aws', 'on.amazonwebservices.com.cn'];

/** Whether a host is a private ECR registry, by its own name or by a VPC endpoint's (`vpce-….vpce.amazonaws.com`). */
export function isEcrHost(host: string): boolean {
  const [, domain = ''] =
    /^[a-z0-9-]+\.(?:dkr\.ecr|dkr-ecr)(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?([a-z.-]+)(?::\d+)?$/.exec(
      host.toLowerCase(),
    ) ?? [];
  return ecrDomains.includes(domain) || ecrDualstackDomains.includes(domain);
}
