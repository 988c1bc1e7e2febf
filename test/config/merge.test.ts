import { describe, expect, it } from 'vitest';
import { configMistakes } from '../../src/config/config.ts';
import { config, fault } from './config-text.ts';

const head = 'registry: ghcr.io/acme\n';

describe('what several entries share', () => {
  it('is merged by <<, from an anchor under a key of one’s own: own keys win, then what is named first', () => {
    const text = `${head}x-usual: &usual { engine: docker, target: usual, platforms: [linux/arm64] }
x-slow: &slow { <<: *usual, target: slow, cache: false }
images:
  app: { <<: *usual, target: app }
  web: { target: web, <<: [*slow, *usual] }
  job: { <<: [*usual, *slow] }
  all: { <<: *usual, platforms: }
`;
    expect(
      config(text).images.map(({ name, engine, target, cache, platforms }) => [name, engine, target, cache, platforms]),
    ).toEqual([
      ['app', 'docker', 'app', true, ['linux/arm64']],
      ['web', 'docker', 'web', false, ['linux/arm64']],
      ['job', 'docker', 'usual', false, ['linux/arm64']],
      ['all', 'docker', 'usual', true, ['linux/amd64']],
    ]);
  });

  it('may be whole maps of images, values and deliveries, and whatever else stands under an x- key', () => {
    const text = `${head}x-notes: [anything, { goes: *here }]
x-delivery: &delivery { from: main, repo: acme/config }
x-set: &set { a.yaml: { .tag: "{tag}" } }
images: { <<: { app: {} }, web: {} }
deliveries:
  dev: { <<: *delivery, set: *set }
  prod: { <<: *delivery, from: production, set: { <<: *set, b.yaml: { .tag: "1.10" } } }
`;
    const { images, deliveries } = config(text.replace(', { goes: *here }', ''));
    expect(images.map(({ name }) => name)).toEqual(['web', 'app']);
    expect(deliveries.map(({ from, set }) => [from.branches, set.map(({ file, value }) => [file, value])])).toEqual([
      [['main'], [['a.yaml', '{tag}']]],
      [
        ['production'],
        [
          ['b.yaml', '1.10'],
          ['a.yaml', '{tag}'],
        ],
      ],
    ]);
  });

  it.each<[title: string, text: string, code: string, line: number, column: number]>([
    [
      'a wrong value in what is merged, told there',
      'x-a: &a\n  engine: make\nimages:\n  app: { <<: *a }\n',
      'CONFIG_VALUE_INVALID',
      3,
      11,
    ],
    [
      'an unknown key in what is merged',
      'x-a: &a\n  engin: docker\nimages:\n  app: { <<: *a }\n',
      'CONFIG_KEY_UNKNOWN',
      3,
      3,
    ],
    ['a text that is merged', 'images:\n  app: { <<: docker }\n', 'CONFIG_YAML_INVALID', 3, 14],
    ['a list of texts', 'images:\n  app: { <<: [docker] }\n', 'CONFIG_YAML_INVALID', 3, 15],
    ['nothing to merge', 'images:\n  app: { <<: }\n', 'CONFIG_YAML_INVALID', 3, 14],
    ['an anchor that there is not', 'images:\n  app: { <<: *gone }\n', 'CONFIG_YAML_INVALID', 3, 14],
    [
      'a key that stands twice',
      'images:\n  app: { <<: { engine: docker, engine: auto } }\n',
      'CONFIG_YAML_INVALID',
      3,
      32,
    ],
    ['<< in quotes, a key as any other', 'images:\n  app: { "<<": { engine: docker } }\n', 'CONFIG_KEY_UNKNOWN', 3, 10],
    ['x- further in', 'images:\n  app: { x-a: 1 }\n', 'CONFIG_KEY_UNKNOWN', 3, 10],
    ['a secret under an x- key', `images: { app: {} }\nx-a: ghp_${'a'.repeat(36)}\n`, 'CONFIG_SECRET_IN_FILE', 3, 6],
    [
      'a variable that is unset in what is merged',
      `x-a: &a\n  target: \${NOT_SET}\nimages:\n  app: { <<: *a }\n`,
      'CONFIG_VARIABLE_UNSET',
      3,
      11,
    ],
  ])('has its mistakes: %s', (_, text, code, line, column) => {
    expect(fault(head + text)).toMatchObject({ code, place: { line, column } });
    if (code !== 'CONFIG_VARIABLE_UNSET')
      expect(configMistakes(head + text, 'tagboat.yaml', {})).toMatchObject([{ code, place: { line, column } }]);
  });

  it('is bounded: neither what merges itself nor what merges much over and over is followed', () => {
    expect(fault(`${head}x-a: &a { <<: *a }\nimages: { app: *a }`).code).toBe('CONFIG_TOO_LARGE');
    for (const least of ['{}', '{ target: app }']) {
      const lines = [`x-0: &a0 ${least}`];
      for (let n = 1; n < 12; n += 1)
        lines.push(
          `x-${n}: &a${n} { <<: [${Array(10)
            .fill(`*a${n - 1}`)
            .join(', ')}] }`,
        );
      expect(fault(`${lines.join('\n')}\n${head}images: { app: *a11 }`).code).toBe('CONFIG_TOO_LARGE');
    }
  });
});
