import { nearestWord } from '../../errors/spelling.ts';

// Go's GOOS and GOARCH, as the OCI image spec has them, as far as images are made of them.
const systems = ['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'illumos', 'aix', 'android', 'wasip1', 'wasi', 'js']; // biome-ignore format: a list
const machines = ['amd64', 'arm64', 'arm', '386', 'riscv64', 'ppc64le', 'ppc64', 's390x', 'loong64', 'mips64le', 'mips64', 'mipsle', 'mips', 'wasm']; // biome-ignore format: a list
const variants: Readonly<Record<string, RegExp>> = { amd64: /^v[1-4]$/, arm64: /^v(?:8|9)(?:\.\d)?$/, arm: /^v[5-8]$/ };
/** What other tools call them: a builder may understand it, but whoever looks for the image in its index doesn't. */
const others: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64', i386: '386', i686: '386', x86: '386' },
  ...{ armhf: 'arm/v7', armv7: 'arm/v7', armv7l: 'arm/v7', armel: 'arm/v6', armv6: 'arm/v6', ppc64el: 'ppc64le' },
};

/** os/architecture[/variant] (OCI image spec, image index), of names that there are. */
export function whyNoPlatform(text: string): string | undefined {
  const [system = '', machine = '', variant, ...rest] = (text.includes('/') ? text : `linux/${text}`).split('/');
  const isKnown = text.includes('/') && systems.includes(system) && machines.includes(machine);
  if (isKnown && rest.length === 0 && (variant === undefined || variants[machine]?.test(variant) === true)) {
    return undefined;
  }
  const form = 'a platform such as linux/amd64 or linux/arm64/v8';
  const own = systems.includes(system) ? system : nearestWord(system, systems);
  const meant = machines.includes(machine) ? machine : (others[machine] ?? nearestWord(machine, machines));
  return own === undefined || meant === undefined ? form : `${form} (did you mean ${own}/${meant}?)`;
}
