// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { heredocText, readDockerfile, readSyntax } from '../../../src/image/dockerfile/dockerfile.ts';
import { expand } from '../../../src/image/dockerfile/expand.ts';
import type { Instruction, Saying } from '../../../src/image/dockerfile/instruction.ts';
import { Misread } from '../../../src/image/dockerfile/invalid.ts';
import { neededStages } from '../../../src/image/dockerfile/stages.ts';
import type { NamedContext } from '../../../src/plan/image.ts';
import { runs } from '../../support/runs.ts';
import { cases } from '../cases.ts';

const read = (text: string) => readDockerfile(text, 'Dockerfile');

/** What the only instruction after FROM says, without its place. */
function said(text: string): Saying {
  const [instruction] = read(`FROM scratch\n${text}`).stages[0]?.instructions ?? [];
  if (instruction === undefined) throw new Error('no instruction');
  const { at, lastLine, source, ...saying } = instruction;
  return saying as Saying;
}

function mistake(text: string) {
  try {
    read(text);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('instructions', () => {
  it.each<[string, object]>([
    [
      'ENV a=b c="d e" f=g\\ h',
      {
        pairs: [
          { name: 'a', value: 'b' },
          { name: 'c', value: '"d e"' },
          { name: 'f', value: 'g\\ h' },
        ],
      },
    ],
    ['ENV a  some words ', { pairs: [{ name: 'a', value: 'some words', old: true }] }],
    [
      'ARG a b=c d=',
      {
        args: [
          { name: 'a', value: undefined },
          { name: 'b', value: 'c' },
          { name: 'd', value: '' },
        ],
      },
    ],
    ['LABEL "a b"="c d"', { pairs: [{ name: '"a b"', value: '"c d"' }] }],
    [
      'COPY --from=x --chown=1:2 --chmod=755 --link a b c/',
      { from: 'x', chown: '1:2', chmod: '755', link: true, dest: { text: 'c/' } },
    ],
    [
      'COPY --link=false --parents --exclude=*.md --exclude=x a b',
      { link: false, parents: true, exclude: ['*.md', 'x'] },
    ],
    ["COPY '--chown=a b' c d", { sources: [{ text: "'--chown=a" }, { text: "b'" }, { text: 'c' }] }],
    ['COPY --chown="a b" c d', { chown: 'a b', sources: [{ text: 'c' }] }],
    ['COPY -- --a b', { sources: [{ text: '--a' }], dest: { text: 'b' } }],
    ['COPY ["a b", "c"]', { sources: [{ text: 'a b' }], dest: { text: 'c' } }],
    ['COPY [a, b] c', { sources: [{ text: '[a,' }, { text: 'b]' }] }],
    [
      'ADD --checksum=sha256:0 --keep-git-dir --unpack=false https://x.test/y z',
      { checksum: 'sha256:0', keepGitDir: true, unpack: false },
    ],
    [
      'RUN --mount=type=bind,from=x,target=/y cat  "a b"',
      { mounts: [{ type: 'bind', from: 'x', target: '/y' }], words: ['cat  "a b"'] },
    ],
    ['RUN ["a", "b"]', { form: 'json', words: ['a', 'b'] }],
    ['RUN [ -f x ] && y', { form: 'shell', words: ['[ -f x ] && y'] }],
    ['CMD []', { form: 'json', words: [] }],
    ['ENTRYPOINT exec  x', { form: 'shell', words: ['exec  x'] }],
    ['EXPOSE 8080 53/udp', { ports: ['53/udp', '8080'] }],
    ['VOLUME /a /b', { paths: ['/a', '/b'] }],
    ['VOLUME ["/a b"]', { paths: ['/a b'] }],
    ['WORKDIR /a b ', { path: '/a b' }],
    ['SHELL ["/x", "-c"]', { shell: ['/x', '-c'] }],
    ['HEALTHCHECK NONE', { check: { test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m30s --timeout=.5s --retries=3 CMD curl x',
      { check: { test: ['CMD-SHELL', 'curl x'], interval: 90e9, timeout: 5e8, retries: 3 } },
    ],
    ['HEALTHCHECK CMD ["a"]', { check: { test: ['CMD', 'a'] } }],
    ['ONBUILD COPY a b', { trigger: 'COPY a b' }],
    ['MAINTAINER me <me@example.test>', { author: 'me <me@example.test>' }],
  ])('%s', (text, what) => {
    expect(said(text)).toMatchObject(what);
  });

  it('hands heredocs to the instruction that announces them', () => {
    const copy = said('COPY <<one <<-"two" /d/\n1 $A\none\n\t2 $A\n\ttwo\n');
    expect(copy).toMatchObject({
      files: [
        { name: 'one', expand: true, chomp: false, content: '1 $A\n' },
        { name: 'two', expand: false, chomp: true, content: '\t2 $A\n' },
      ],
    });
    const run = said('RUN <<-A cat; <<B cat\n\t\tx\n\tA\ny\nB\n');
    expect(run.is === 'run' && run.files.map(heredocText)).toEqual(['x\n', 'y\n']);
  });

  it('know their places, and the places of their words across continued lines', () => {
    const { stages } = read('# c\nFROM a\n\n  COPY x \\\n # between\n\n    y \\\n  z\nRUN <<E\nE\n');
    const [copy, run] = stages[0]?.instructions ?? [];
    expect(copy).toMatchObject({ at: { line: 4, column: 3 }, lastLine: 8 });
    expect(copy?.is === 'copy' && copy.sources.map(({ at }) => at)).toEqual([
      { line: 4, column: 8 },
      { line: 7, column: 5 },
    ]);
    expect(copy?.is === 'copy' && copy.dest.at).toEqual({ line: 8, column: 3 });
    expect(run).toMatchObject({ at: { line: 9, column: 1 }, lastLine: 10 });
  });
});

describe('parser directives', () => {
  it('stand at the top only, and the first line that is none ends them', () => {
    expect(read('# syntax=docker/dockerfile:1\n#escape = `\nFROM a\n').directives).toEqual({
      escape: '`',
      syntax: 'docker/dockerfile:1',
      check: undefined,
    });
    expect(read('# hello\n# escape=`\nFROM a\n').directives.escape).toBe('\\');
    expect(read('\n# escape=`\nFROM a\n').directives.escape).toBe('\\');
  });

  it('are told of a Dockerfile that says what nobody knows', () => {
    expect(readSyntax('# syntax=example.test/other:1\nTHIS is ours\n')).toBe('example.test/other:1');
    expect(readSyntax('# escape=x\n')).toBeUndefined();
  });
});

describe('mistakes', () => {
  it.each([
    ['FROM a\nCOPPY b c\n', 2, 1],
    ['FROM a\n  COPY b\n', 2, 3],
    ['FROM a b\n', 1, 1],
    ['FROM a AS 1\n', 1, 1],
    ['FROM a\nCOPY --frm=b c d\n', 2, 1],
    ['FROM a\nCOPY --from c d\n', 2, 1],
    ['FROM a\nCOPY --link=maybe c d\n', 2, 1],
    ['FROM a\nCOPY --chown=1 --chown=2 c d\n', 2, 1],
    ['FROM a\nRUN <<E\nx\n', 2, 1],
    ['FROM a\nENV\n', 2, 1],
    ['FROM a\nENV a\n', 2, 1],
    ['FROM a\nENV =b\n', 2, 1],
    ['FROM a\nENV a=b c\n', 2, 1],
    ['FROM a\nCMD [1]\n', 2, 1],
    ['FROM a\nSHELL /x\n', 2, 1],
    ['FROM a\nVOLUME [""]\n', 2, 1],
    ['FROM a\nHEALTHCHECK --interval=5 CMD x\n', 2, 1],
    ['FROM a\nHEALTHCHECK --interval=1us CMD x\n', 2, 1],
    ['FROM a\nHEALTHCHECK NONE x\n', 2, 1],
    ['FROM a\nONBUILD FROM b\n', 2, 1],
    ['RUN x\n', 1, 1],
    ['# escape=x\nFROM a\n', 1, 1],
    ['# escape=`\n# escape=`\nFROM a\n', 2, 1],
  ])('%j has its place', (text, line, column) => {
    expect(mistake(text)).toMatchObject({
      code: 'DOCKERFILE_INVALID',
      exitCode: 4,
      place: { file: 'Dockerfile', line, column },
    });
  });

  it('shows the line, except where a secret may stand', () => {
    expect(mistake('FROM a\nCOPY b\n')).toMatchObject({ place: { text: 'COPY b' } });
    expect(mistake('FROM a\nENV TOKEN planted b=c\nENV T=planted d\n')).not.toHaveProperty('place.text');
  });
});

describe('expansion', () => {
  const variables: Record<string, string> = { A: 'a.b.c', E: '', S: 'x y', P: '/usr/lib' };
  const fill = (text: string, escape = '\\') => expand(text, (name) => variables[name], { escape }).text;

  it.each([
    ['$A-$NONE-${A}', 'a.b.c--a.b.c'],
    ['${NONE:-d} ${E:-d} ${E-d} ${NONE-d}', 'd d  d'],
    ['${A:+s} ${E:+s} ${E+s} ${NONE+s}', 's  s '],
    ['${A:?no}', 'a.b.c'],
    ['${NONE:-${A}}', 'a.b.c'],
    ['${A#*.} ${A##*.} ${A%.*} ${A%%.*}', 'b.c c a.b a'],
    ['${A/./-} ${A//./-} ${P/#\\/usr/}', 'a-b.c a-b-c /usr/lib'],
    ['\\$A \\\\ \'$A\' "\\$A $A"', '$A \\ $A $A a.b.c'],
    ['"a\'b"\'c"d\'', 'a\'bc"d'],
    ['$', '$'],
    ['$$A', 'A'],
    ['$1a', 'a'],
  ])('%s', (text, value) => {
    expect(fill(text)).toBe(value);
  });

  it('takes another escape', () => {
    expect(fill('`$A \\x', '`')).toBe('$A \\x');
  });

  it.each([
    '${',
    '${A',
    '${}',
    '${A:}',
    '${A:x}',
    '${NONE:?say this}',
    '${A/b',
    "'a",
    '"a',
    '${A#[}x'.slice(0, 4),
  ])('%s is a mistake', (text) => {
    expect(() => fill(text)).toThrow(Misread);
  });

  it('takes no time that grows with what a pattern could match in how many ways', () => {
    const many = '*a'.repeat(200);
    variables.L = 'a'.repeat(5_000);
    expect(fill(`\${L/${many}b/x}`)).toBe(variables.L);
    expect(() => fill(`${'${A:-'.repeat(10_000)}`)).toThrow(Misread);
  });
});

describe('stages', () => {
  const need = (
    text: string,
    target?: string,
    args: Record<string, string> = {},
    contexts: readonly NamedContext[] = [],
  ) =>
    neededStages(read(text), {
      target,
      args,
      contexts,
      buildPlatform: 'linux/amd64',
      targetPlatform: 'linux/arm64',
    });
  const names = (text: string, target?: string) =>
    need(text, target).stages.map(({ stage }) => stage.name ?? stage.index);

  it('only those that the target needs are taken, through FROM, --from and mounts', () => {
    const text = [
      'FROM a AS one',
      'FROM b AS two',
      'RUN x',
      'FROM one AS three',
      'COPY --from=2 /x /y',
      'FROM scratch AS four',
      'RUN --mount=type=bind,from=one,target=/x cat',
      'FROM scratch',
      'COPY --from=three /x /y',
    ].join('\n');
    // `--from=2` is the stage itself.
    expect(() => need(text)).toThrow();
    const fixed = text.replace('--from=2', '--from=0');
    expect(names(fixed)).toEqual(['one', 'three', 4]);
    expect(names(fixed, 'two')).toEqual(['two']);
    expect(names(fixed, 'FOUR')).toEqual(['one', 'four']);
  });

  it('arguments before FROM fill names and platforms; those given go before their defaults', () => {
    const text = 'ARG V=1\nARG N=img:$V\nFROM --platform=$BUILDPLATFORM $N AS a\nFROM a\nCOPY --from=other:2 /x /y\n';
    const [first, second] = need(text, undefined, { V: '2' }).stages;
    expect(first).toMatchObject({ base: { is: 'image', reference: 'img:2' }, platform: 'linux/amd64' });
    expect(second).toMatchObject({ base: { is: 'stage', index: 0 } });
    expect([...(second?.copies.values() ?? [])]).toEqual([{ is: 'image', reference: 'other:2' }]);
    expect(need(text).globals.get('TARGETARCH')).toBe('arm64');
  });

  const lib: NamedContext = { name: 'lib', is: 'folder', dir: '/lib' };

  it('a context takes the place of a stage, and what only that stage needed is not taken', () => {
    const text =
      'FROM a AS one\nFROM one AS Lib\nCOPY --from=one /x /y\nFROM lib AS two\nFROM scratch\nCOPY --from=two /x /\n';
    const { stages } = need(text, undefined, {}, [lib]);
    expect(stages.map(({ stage, base }) => [stage.name, base])).toEqual([
      ['lib', lib],
      ['two', { is: 'stage', index: 1 }],
      [undefined, { is: 'scratch' }],
    ]);
    expect(stages[0]).toMatchObject({ stage: { instructions: [] } });
    // Of a folder the copied files alone count, so it is never the stage that is copied from.
    const copies = 'FROM a AS lib\nFROM scratch\nCOPY --from=LIB /x /\nCOPY --from=0 /x /\nRUN --mount=from=lib true\n';
    const [only, ...more] = need(copies, undefined, {}, [lib]).stages;
    expect([[...(only?.copies.values() ?? [])], more]).toEqual([[lib, lib, lib], []]);
  });

  it('an image that takes the place of a stage has its platform', () => {
    const tools: NamedContext = { name: 'tools', is: 'image', reference: 'b:2' };
    const text = 'FROM --platform=$BUILDPLATFORM a AS tools\nRUN x\nFROM scratch\nCOPY --from=tools /x /\n';
    expect(need(text, undefined, {}, [tools]).stages[0]).toMatchObject({
      base: { is: 'image', reference: 'b:2', context: 'tools' },
      platform: 'linux/amd64',
    });
  });

  it("an image's name is its whole name, however it is written, and another tag is another image", () => {
    const names = [
      'alpine',
      'alpine:latest',
      'library/alpine',
      'docker.io/alpine',
      'index.docker.io/library/alpine:latest',
    ];
    const name = fc.constantFrom(...names);
    fc.assert(
      fc.property(name, name, fc.boolean(), (called, written, copied) => {
        const text = copied ? `FROM scratch\nCOPY --from=${written} /x /\n` : `FROM ${written}\n`;
        const [stage] = need(text, undefined, {}, [{ ...lib, name: called }]).stages;
        const [origin] = copied ? [...(stage?.copies.values() ?? [])] : [stage?.base];
        expect(origin).toEqual({ ...lib, name: called });
      }),
    );
    for (const other of ['alpine:3', 'ghcr.io/library/alpine', `alpine@sha256:${'0'.repeat(64)}`]) {
      expect(need(`FROM ${other}\n`, undefined, {}, [{ ...lib, name: 'alpine' }]).stages[0]?.base.is).toBe('image');
    }
  });

  it('scratch is always nothing, and contexts that no name calls change nothing', () => {
    const others = ['scratch', 'nobody-calls-this'].map((name) => ({ ...lib, name }));
    const works = cases.filter(({ fails }) => fails === undefined);
    for (const { dockerfile, args = {}, target } of works) {
      const text = dockerfile.replaceAll('BASE', 'base:1');
      expect(need(text, target, args, others)).toEqual(need(text, target, args));
    }
  });

  it.each([
    ['FROM $NOPE\n', 'DOCKERFILE_INVALID'],
    ['FROM --platform=$NOPE a\n', 'DOCKERFILE_INVALID'],
    ['FROM a AS x\nCOPY --from=x /a /b\n', 'DOCKERFILE_INVALID'],
    ['FROM a\nCOPY --from=$X /a /b\n', 'DOCKERFILE_INVALID'],
    ['FROM a\nCOPY --from=7 /a /b\n', 'DOCKERFILE_INVALID'],
  ])('%j can not be', (text, code) => {
    try {
      need(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code });
    }
  });
});

describe('any text', () => {
  const fragments = [
    ...cases.map((which) => which.dockerfile),
    ...[
      '# escape=`\n',
      '\\\n',
      '`\n',
      '<<E',
      'E\n',
      '${A',
      '}',
      '["',
      '"]',
      "'",
      '--',
      '=',
      '\t',
      '\r\n',
      '\0',
      'FROM a\n',
      'ONBUILD ',
    ],
  ];

  it('is read or refused with a place, and never ends in an error of another kind', () => {
    const text = fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 4 })), { maxLength: 8 });
    fc.assert(
      fc.property(text, fc.nat(200), fc.nat(20), (parts, at, cut) => {
        const whole = parts.join('');
        const mutated = whole.slice(0, at) + whole.slice(at + cut);
        try {
          const dockerfile = read(mutated);
          neededStages(dockerfile, {
            target: undefined,
            args: {},
            contexts: [],
            buildPlatform: 'linux/amd64',
            targetPlatform: 'linux/amd64',
          });
          const placed: readonly Instruction[] = dockerfile.stages.flatMap((stage) => stage.instructions);
          for (const { at: position, lastLine } of placed) expect(position.line).toBeLessThanOrEqual(lastLine);
        } catch (error) {
          expect(isError(error, 'DOCKERFILE_INVALID')).toBe(true);
        }
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('expands or is refused, without quotes or variables left to chance', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[$\\{}'":+?#%/*\- aA<]{0,30}$/), (text) => {
        try {
          expand(text, (name) => (name === 'A' ? 'a*b' : undefined), { escape: '\\' });
        } catch (error) {
          expect(error).toBeInstanceOf(Misread);
        }
      }),
      { numRuns: runs(5_000) },
    );
  });
});
