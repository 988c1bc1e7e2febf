import type { NamedContext } from '../../plan/image.ts';
import { fullName, parseReference } from '../../wire/oci/reference.ts';
import { whyNoInnerPath } from '../shape/grammar.ts';
import type { Checks } from './checks.ts';

const kinds =
  'a folder inside the repository, docker-image://NAME, oci-layout://FOLDER, or what the builder fetches: https://…, git://… or git@…';

/** The build contexts by name, as `docker buildx build --build-context` knows them. */
export function checkContexts(
  path: readonly (string | number)[],
  raw: Readonly<Record<string, string>>,
  checks: Checks,
): NamedContext[] {
  const known = new Map<string, string>();
  return Object.entries(raw).map(([name, text]) => {
    const at = [...path, name];
    checks.mustBe(at, whyNoContextName(name), 'key');
    const full = fullName(name) ?? name;
    const twin = known.get(full);
    if (twin !== undefined) checks.refuse(at, `means the same as ${twin}`, 'key');
    known.set(full, name);
    return { name, ...whereOf(at, text, checks) };
  });
}

/** A stage's name or an image's. BuildKit reads both as an image's name, so neither has capitals. */
function whyNoContextName(name: string): string | undefined {
  // BuildKit never looks these two up.
  if (/^(?:context|scratch)$/i.test(name)) {
    return 'another name: `context` is the build context itself, and `scratch` is nothing, whatever else is called so';
  }
  if (parseReference(name) !== undefined) return undefined;
  return "named as stages and images are: lower-case letters, digits, and what an image's name may have";
}

type Where = NamedContext extends infer One ? (One extends NamedContext ? Omit<One, 'name'> : never) : never;

function whereOf(at: (string | number)[], text: string, checks: Checks): Where {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(.*)$/is.exec(text) ?? [];
  switch (scheme) {
    case '':
      if (text.startsWith('git@')) return fetched(at, text, checks);
      checks.mustBe(at, whyNoInnerPath(text));
      return { is: 'folder', dir: text };
    case 'docker-image':
      checks.mustBe(
        at,
        isImage(rest) ? undefined : "docker-image:// and an image's name, such as docker-image://alpine:3",
      );
      return { is: 'image', reference: rest };
    case 'oci-layout':
      return layout(at, rest, checks);
    case 'http':
    case 'https':
    case 'git':
      return fetched(at, text, checks);
    case 'target':
      checks.refuse(at, "names a bake file's target; build that as an image of its own and name it by docker-image://");
      return { is: 'folder', dir: text };
    default:
      checks.mustBe(at, kinds);
      return { is: 'folder', dir: text };
  }
}

function isImage(text: string): boolean {
  return text === 'scratch' || parseReference(text) !== undefined;
}

function layout(at: (string | number)[], text: string, checks: Checks): Where {
  const [, dir = '', tag, digest] = /^([^:@]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  const form = 'oci-layout://FOLDER, with ":TAG" or "@sha256:…" if needed';
  checks.mustBe(
    at,
    dir === ''
      ? form
      : whyNoInnerPath(dir) === undefined
        ? undefined
        : `${form}; the folder has to be ${whyNoInnerPath(dir)}`,
  );
  return { is: 'layout', dir, tag, digest };
}

/** It stands on a command line and in logs, so nothing in it may be a secret. */
function fetched(at: (string | number)[], text: string, checks: Checks): Where {
  const ssh = /^git@[\w.-]+:[^\s\p{Cc}]+$/u.test(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    checks.refuse(at, 'has a user name or token in it, and would show it to everybody who sees the log');
    return { is: 'fetched', url: text };
  }
  const plain = url !== undefined && url.hostname !== '' && !/[\s\p{Cc}]/u.test(text);
  checks.mustBe(at, ssh || plain ? undefined : kinds);
  return { is: 'fetched', url: text };
}
