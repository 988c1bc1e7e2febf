import type { AwsPlan, CloudPlans, RegistryPlan } from '../../plan.ts';
import { isLoopback } from '../../wire/oci/reference.ts';
import {
  whyNoGuid,
  whyNoProvider,
  whyNoRegion,
  whyNoRegistry,
  whyNoRole,
  whyNoServiceAccount,
} from '../shape/grammar.ts';
import type { Shape } from '../shape/shape.ts';
import type { Checks } from './checks.ts';

export function checkRegistry(raw: Shape['registry'], checks: Checks): RegistryPlan | undefined {
  if (raw === undefined) return undefined;
  const given = typeof raw === 'string' ? { host: raw } : raw;
  const path = typeof raw === 'string' ? ['registry'] : ['registry', 'host'];
  const why = whyNoRegistry(given.host);
  checks.mustBe(path, why);
  const slash = given.host.indexOf('/');
  const host = slash < 0 ? given.host : given.host.slice(0, slash);
  return {
    host,
    // What is wrong with it is told once, not of each repository below it.
    prefix: slash < 0 || why !== undefined ? '' : given.host.slice(slash + 1),
    login: given.login ?? 'auto',
    insecure: given.insecure ?? isLoopback(host),
  };
}

/** The ways into clouds. */
export function checkClouds(raw: Shape, checks: Checks): CloudPlans {
  const { google, azure } = raw;
  if (google !== undefined) {
    checks.mustBe(['google', 'workloadIdentityProvider'], whyNoProvider(google.workloadIdentityProvider));
    if (google.serviceAccount !== undefined)
      checks.mustBe(['google', 'serviceAccount'], whyNoServiceAccount(google.serviceAccount));
  }
  if (azure !== undefined) {
    for (const key of ['clientId', 'tenantId'] as const) checks.mustBe(['azure', key], whyNoGuid(azure[key]));
  } else if (typeof raw.registry === 'object' && raw.registry.login === 'acr') {
    checks.missing(['azure'], '`login: acr` needs clientId and tenantId');
  }
  const provider = google?.workloadIdentityProvider;
  return {
    aws: checkAws(raw.aws, checks),
    google: google && {
      ...{ workloadIdentityProvider: google.workloadIdentityProvider, serviceAccount: google.serviceAccount },
      audience: audienceOf('google', google.audience, `https://iam.googleapis.com/${provider}`, checks),
    },
    azure: azure && {
      ...{ clientId: azure.clientId, tenantId: azure.tenantId },
      audience: audienceOf('azure', azure.audience, 'api://AzureADTokenExchange', checks),
    },
  };
}

function checkAws(raw: Shape['aws'], checks: Checks): AwsPlan | undefined {
  if (raw === undefined) return undefined;
  if (raw.role !== undefined) checks.mustBe(['aws', 'role'], whyNoRole(raw.role));
  if (raw.region !== undefined) checks.mustBe(['aws', 'region'], whyNoRegion(raw.region));
  const audience = audienceOf('aws', raw.audience, 'sts.amazonaws.com', checks);
  return { role: raw.role, region: raw.region, sessionSeconds: raw.sessionSeconds ?? 3_600, audience };
}

function audienceOf(cloud: string, given: string | undefined, usual: string, checks: Checks): string {
  const isWord = given === undefined || /^[^\s\p{Cc}]{1,255}$/u.test(given);
  checks.mustBe([cloud, 'audience'], isWord ? undefined : 'one word, at most 255 characters');
  return given ?? usual;
}
