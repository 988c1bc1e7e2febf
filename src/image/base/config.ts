import { isObject } from '../../wire/fields.ts';
import type { PlatformParts } from '../platform.ts';

/** What a container is started with (OCI image spec, config.md, and Docker's additions). */
export interface RunConfig {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  Healthcheck?: HealthcheckConfig;
  OnBuild?: string[];
  Shell?: string[];
  ArgsEscaped?: boolean;
}

/** Durations in nanoseconds. */
export interface HealthcheckConfig {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface HistoryEntry {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

/** An image's config blob. */
export interface OciImageConfig {
  created?: string;
  author?: string;
  architecture: string;
  os: string;
  variant?: string;
  'os.version'?: string;
  'os.features'?: string[];
  config: RunConfig;
  rootfs: { type: 'layers'; diff_ids: string[] };
  history: HistoryEntry[];
}

// What Linux containers get when nothing else says (BuildKit's system.DefaultPathEnvUnix).
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The config of `FROM scratch`. */
export function scratchConfig(platform: PlatformParts): OciImageConfig {
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === '' ? {} : { variant: platform.variant }),
    config: { Env: [defaultPath], WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
}

/** A base's config as a start: what tells how the base was built is left behind. Undefined when it is none. */
export function baseConfig(value: unknown): OciImageConfig | undefined {
  if (!isObject(value)) return undefined;
  const { architecture, os, rootfs, config = {}, history = [] } = value;
  if (typeof architecture !== 'string' || typeof os !== 'string' || !isObject(rootfs)) return undefined;
  const { diff_ids: diffIds } = rootfs;
  if (
    !isStrings(diffIds) ||
    !(config === null || isRunConfig(config)) ||
    !(history === null || Array.isArray(history))
  ) {
    return undefined;
  }
  const kept: OciImageConfig = {
    architecture,
    os,
    config: structuredClone((config ?? {}) as RunConfig),
    rootfs: { type: 'layers', diff_ids: [...diffIds] },
    history: structuredClone((history ?? []) as HistoryEntry[]),
  };
  for (const key of ['author', 'variant', 'os.version'] as const) {
    if (typeof value[key] === 'string' && value[key] !== '') kept[key] = value[key];
  }
  if (isStrings(value['os.features'])) kept['os.features'] = [...value['os.features']];
  if (kept.config.Env?.some((entry) => entry.startsWith('PATH=')) !== true) {
    kept.config.Env = [...(kept.config.Env ?? []), defaultPath];
  }
  return kept;
}

/** The config's bytes: keys in a fixed order, maps by name, nothing empty. The same config gives the same bytes. */
export function configBytes(config: OciImageConfig): Uint8Array {
  return Buffer.from(JSON.stringify(ordered(config)));
}

/** Sorted keys, and no key for what is undefined, null or empty, as Go's `omitempty` has it. */
function ordered(value: unknown, keepEmpty = false): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, true));
  if (!isObject(value)) return value;
  const entries = Object.keys(value)
    .sort()
    // A volume or port is a name with an empty object, and a label may be empty: those stay.
    .map((key) => [key, ordered(value[key], ['Volumes', 'ExposedPorts', 'Labels'].includes(key))] as const)
    .filter(([key, item]) => keepEmpty || key === 'diff_ids' || !isEmpty(item));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Enough of a check that nothing below trips over a base that somebody wrote by hand. */
function isRunConfig(value: unknown): boolean {
  if (!isObject(value)) return false;
  const lists = ['Env', 'Entrypoint', 'Cmd', 'OnBuild', 'Shell'].map((key) => value[key]);
  const maps = ['ExposedPorts', 'Volumes', 'Labels', 'Healthcheck'].map((key) => value[key]);
  const texts = ['User', 'WorkingDir', 'StopSignal'].map((key) => value[key]);
  return (
    lists.every((list) => list === undefined || list === null || isStrings(list)) &&
    maps.every((map) => map === undefined || map === null || isObject(map)) &&
    texts.every((text) => text === undefined || text === null || typeof text === 'string')
  );
}

/** The variables that a config brings along. */
export function configVariables(config: OciImageConfig): Map<string, string> {
  return new Map((config.config.Env ?? []).map((entry) => [entry.replace(/=.*$/s, ''), entry.replace(/^[^=]*=?/, '')]));
}
