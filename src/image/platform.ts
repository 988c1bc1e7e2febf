import { TagboatError } from '../errors.ts';
import { platformNames } from '../plan/platform.ts';
import type { Platform } from '../plan.ts';
import type { Descriptor } from '../wire/oci/types.ts';

/** A platform taken apart, by the names of the OCI image spec. */
export interface PlatformParts {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const aliases: Readonly<Record<string, readonly [string, string]>> = {
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  i386: ['386', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** `linux/arm64/v8` and its usual other spellings. Throws PLATFORM_INVALID. */
export function readPlatform(platform: Platform): PlatformParts {
  const parts = platform.toLowerCase().split('/');
  const [named = '', written = '', variant = ''] = parts;
  const os = named === 'macos' ? 'darwin' : named;
  const [architecture, implied] = aliases[written] ?? [written, ''];
  const known = Object.hasOwn(platformNames, os) && platformNames[os]?.includes(architecture) === true;
  if (!known || parts.length > 3 || !/^(?:[a-z0-9._-]+)?$/.test(variant) || platform.endsWith('/')) {
    throw new TagboatError('PLATFORM_INVALID', { platform });
  }
  return { os, ...normalized(architecture, variant === '' ? implied : variant) };
}

/** The parts that an image's own words come to. */
export function platformParts(of: { os?: string; architecture?: string; variant?: string }): PlatformParts {
  return { os: of.os ?? '', ...normalized(of.architecture ?? '', of.variant ?? '') };
}

/** The variants that go without saying are left out (containerd's normal form). */
function normalized(architecture: string, variant: string): { architecture: string; variant: string } {
  if (architecture === 'arm64' && (variant === 'v8' || variant === '8')) return { architecture, variant: '' };
  if (architecture === 'amd64' && variant === 'v1') return { architecture, variant: '' };
  if (architecture === 'arm') return { architecture, variant: variant === '' ? 'v7' : variant.replace(/^(?=\d)/, 'v') };
  return { architecture, variant };
}

export function showPlatform({ os, architecture, variant }: PlatformParts): Platform {
  return variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** How well an image for `offered` runs on `wanted`: 0 exactly, more is an older variant, undefined not at all. */
export function fitness(wanted: PlatformParts, offered: PlatformParts): number | undefined {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return undefined;
  if (wanted.variant === offered.variant) return 0;
  const level = (variant: string) => Number(/^v(\d+)/.exec(variant)?.[1] ?? (wanted.architecture === 'arm64' ? 8 : 1));
  const older = level(wanted.variant) - level(offered.variant);
  return older > 0 ? older : undefined;
}

/** Of an index's images, the one that runs best on a platform. */
export function fittest(listed: readonly Descriptor[], wanted: PlatformParts): Descriptor | undefined {
  const fits = listed.flatMap((descriptor) => {
    const fit = descriptor.platform && fitness(wanted, platformParts(descriptor.platform));
    return fit === undefined ? [] : [{ descriptor, fit }];
  });
  return fits.sort((a, b) => a.fit - b.fit)[0]?.descriptor;
}

/** This machine's platform as images call it; `arch` is node's name for it. */
export function machinePlatform(arch: string): Platform {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm: 'arm/v7', arm64: 'arm64' };
  // Images are Linux's wherever they are built.
  return `linux/${names[arch] ?? arch}`;
}
