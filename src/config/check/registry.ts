import type { AwsPlan, RegistryPlan } from '../../plan.ts';
import { isLoopback } from '../../wire/oci/reference.ts';
import { whyNoRegion, whyNoRegistry, whyNoRole } from '../shape/grammar.ts';
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

export function checkAws(raw: Shape['aws'], checks: Checks): AwsPlan | undefined {
  if (raw === undefined) return undefined;
  if (raw.role !== undefined) checks.mustBe(['aws', 'role'], whyNoRole(raw.role));
  if (raw.region !== undefined) checks.mustBe(['aws', 'region'], whyNoRegion(raw.region));
  const audience = raw.audience ?? 'sts.amazonaws.com';
  checks.mustBe(
    ['aws', 'audience'],
    /^[^\s\p{Cc}]{1,255}$/u.test(audience) ? undefined : 'one word, at most 255 characters',
  );
  return { role: raw.role, region: raw.region, sessionSeconds: raw.sessionSeconds ?? 3_600, audience };
}
