import type { BuildSecret, BuildSsh } from '../../plan/image.ts';
import { whyNoFile, whyNoVariable } from '../shape/grammar.ts';
import type { ImageShape } from '../shape/image.ts';
import type { Checks } from './checks.ts';

type Path = readonly (string | number)[];

/** Build secrets by their ids. Files stay as written: the plan makes them absolute. */
export function checkBuildSecrets(path: Path, raw: NonNullable<ImageShape['secrets']>, checks: Checks): BuildSecret[] {
  return Object.entries(raw).map(([id, one]): BuildSecret => {
    const at = [...path, id];
    checkId(at, id, checks);
    const [, key = '', text = ''] = typeof one === 'string' ? (/^(env|src)=(.*)$/s.exec(one) ?? []) : [];
    if (typeof one === 'string' && key === '') checks.refuse(at, 'must be env=VARIABLE or src=FILE');
    const short = key === 'env' ? { env: text } : { src: text };
    const { env, src }: { env?: string | undefined; src?: string | undefined } = typeof one === 'string' ? short : one;
    if ((env === undefined) === (src === undefined) && typeof one !== 'string') {
      checks.refuse(at, 'must have one of env (a variable) and src (a file)');
    }
    const inner = (name: string) => (typeof one === 'string' ? at : [...at, name]);
    if (env !== undefined) checks.mustBe(inner('env'), whyNoVariable(env));
    if (src !== undefined) checks.mustBe(inner('src'), whyNoFile(src));
    return env === undefined ? { id, from: 'src', file: src ?? '' } : { id, from: 'env', variable: env };
  });
}

/** SSH keys by their ids, `default` alone by the agent. */
export function checkSsh(path: Path, raw: NonNullable<ImageShape['ssh']>, checks: Checks): BuildSsh[] {
  if (typeof raw === 'string') return [{ id: raw, key: undefined }];
  return Object.entries(raw).map(([id, file]) => {
    checkId([...path, id], id, checks);
    checks.mustBe([...path, id], whyNoFile(file));
    return { id, key: file === 'agent' ? undefined : file };
  });
}

function checkId(path: Path, id: string, checks: Checks): void {
  const isId = /^[A-Za-z0-9_][\w.-]{0,127}$/.test(id);
  checks.mustBe(path, isId ? undefined : 'named by letters, digits, "_", "." and "-"', 'key');
}
