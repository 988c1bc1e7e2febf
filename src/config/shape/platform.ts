import { nearestWord } from '../../errors/spelling.ts';
import { platformNames, platformVariants } from '../../plan/platform.ts';

/** What other tools call them: a builder may understand it, but whoever looks for the image in its index doesn't. */
const others: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64', i386: '386', i686: '386', x86: '386' },
  ...{ armhf: 'arm/v7', armv7: 'arm/v7', armv7l: 'arm/v7', armel: 'arm/v6', armv6: 'arm/v6', ppc64el: 'ppc64le' },
};

const systems = Object.keys(platformNames);

/** All platforms as one pattern. */
export const platformPattern: string = Object.entries(platformNames)
  .map(([system, machines]) => `${system}/(?:${machines.map(withVariants).join('|')})`)
  .join('|');

function withVariants(machine: string): string {
  const variants = platformVariants[machine];
  return variants === undefined ? machine : `${machine}(?:/${variants})?`;
}

const platform = new RegExp(`^(?:${platformPattern})$`);

/** os/architecture[/variant] (OCI image spec, image index), of names that there are. */
export function whyNoPlatform(text: string): string | undefined {
  if (platform.test(text)) return undefined;
  const [system = '', machine = ''] = (text.includes('/') ? text : `linux/${text}`).split('/');
  const form = 'a platform such as linux/amd64 or linux/arm64/v8';
  const own = systems.includes(system) ? system : nearestWord(system, systems);
  if (own === undefined) return form;
  const machines = platformNames[own] ?? [];
  const known = others[machine];
  const meant = machines.includes(known?.split('/')[0] ?? '') ? known : nearestWord(machine, machines);
  return meant === undefined ? form : `${form} (did you mean ${own}/${meant}?)`;
}
