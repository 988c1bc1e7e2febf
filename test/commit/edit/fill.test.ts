import { describe, expect, it } from 'vitest';
import { fillFile } from '../../../src/commit/edit/whole/fill.ts';
import { TagboatError } from '../../../src/errors.ts';
import { parseYaml } from '../../../src/wire/yaml.ts';

const values = {
  pr: { text: '7' },
  tag: { text: 'abc123' },
  commit: { text: '4'.repeat(40) },
  shortCommit: { text: '123456789012' },
  branch: { text: 'feature/x' },
  subject: { text: `it's "done": yes # no\n- {}` },
  'image.app': { text: 'ghcr.io/acme/app:abc123' },
  gitTag: { why: 'the run is of no git tag' },
};

function filled(text: string, file = 'previews/7/values.yaml', more: Record<string, string> = {}): string {
  const all = { ...values, ...Object.fromEntries(Object.entries(more).map(([name, text]) => [name, { text }])) };
  return Buffer.from(
    fillFile({ file, template: 'deploy/preview.yaml', bytes: Buffer.from(text), values: all }),
  ).toString();
}

function refused(text: string, file?: string, more?: Record<string, string>) {
  try {
    return expect.unreachable(filled(text, file, more));
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return error;
  }
}

describe('a template file', () => {
  it('has its variables filled in, and every other byte as it was', () => {
    const text =
      '# preview {pr}\r\na:\r\n  image: {image.app}   # of {branch}\r\n  host: "pr-{pr}.example.com"\r\n  n: {pr}\r\n';
    expect(filled(text)).toBe(
      '# preview 7\r\na:\r\n  image: ghcr.io/acme/app:abc123   # of feature/x\r\n  host: "pr-7.example.com"\r\n  n: 7\r\n',
    );
  });

  it.each([
    ['plain', 'a: {subject}\n'],
    ['in double quotes', 'a: "{subject}"\n'],
    ['in single quotes', "a: '{subject}'\n"],
    ['in a block', 'a: |-\n  {subject}\n'],
    ['in a flow map', '{a: {subject}}\n'],
    ['as a key', '? {subject}\n: 1\n'],
    ['in JSON', '{"a": "{subject}"}\n', 'p/7.json'],
  ])('keeps a hostile subject in its scalar: %s', (_, text, file = 'p/7.yaml') => {
    const [document] = parseYaml(filled(text, file), { depth: 9, documents: 9 }) ?? [];
    const [[key, value] = []] = Object.entries(document?.toJS() as Record<string, unknown>);
    expect([key, value]).toContain(`it's "done": yes # no - {}`);
  });

  it('keeps text text, where it would be read as a number, and numbers numbers', () => {
    expect(filled('tag: {shortCommit}\npr: {pr}\nname: preview-{pr}\nv: 1.{pr}\n')).toBe(
      'tag: "123456789012"\npr: 7\nname: preview-7\nv: "1.7"\n',
    );
    // 1.10 would be 1.1, 010 eight, and 7:80 a number of base 60 to some readers.
    expect(filled('v: 1.{pr}\nw: 0{pr}\nx: {pr}:30\ny: [{pr}, {pr}{pr}]\n{pr}: 1\n', 'a.yaml', { pr: '10' })).toBe(
      'v: "1.10"\nw: "010"\nx: "10:30"\ny: [10, "1010"]\n10: 1\n',
    );
    expect(filled('tag: {tag}\n', 'a.yaml', { tag: '1e5' })).toBe('tag: "1e5"\n');
    expect(filled('{"pr": {pr}, "tag": "{shortCommit}"}', 'a.json')).toBe('{"pr": 7, "tag": "123456789012"}');
  });

  it("leaves other programs' braces, and takes a backslash for the text itself", () => {
    const text = 'a: "{{ .Values.tag }} {{branch}} {{tag}}"\nb: {}\nc: {x: 1}\nd: \\{tag}\ne: $' + '{HOME}\nf: {tag}\n';
    expect(filled(text)).toBe(
      'a: "{{ .Values.tag }} {{branch}} {{tag}}"\nb: {}\nc: {x: 1}\nd: {tag}\ne: $' + '{HOME}\nf: abc123\n',
    );
  });

  it.each([
    ['a: {shortCommitt}\n', /no such variable.*\{shortCommit\}/],
    ['a: {image.ap}\n', /\{image\.app\}/],
    ['a: {gitTag}\n', /no git tag/],
    ['a: $' + '{tag}\n', /write \{tag\}/],
    ['a: {constructor}\n', /no such variable/],
  ])('refuses %j at its place', (text, words) => {
    const error = refused(`x: 1\n${text}`);
    expect(error.code).toBe('TEMPLATE_UNRESOLVED');
    expect(error.message).toMatch(words);
    expect(error.place).toMatchObject({ file: 'deploy/preview.yaml', line: 2 });
  });

  it('takes only values of plain characters in a file of no known form, and in a chart template', () => {
    expect(filled('host {tag}\n', 'p/7/nginx.conf')).toBe('host abc123\n');
    const unfit = refused('host {subject}\n', 'p/7/nginx.conf');
    expect(unfit.code).toBe('WRITE_VALUE_UNFIT');
    expect(unfit.message).toMatch(/p\/7\/nginx\.conf can't be made of deploy\/preview\.yaml/);
    const chart = '{{- if .x }}\na: {tag}\n{{- end }}\n';
    expect(filled(chart)).toBe(chart.replace('{tag}', 'abc123'));
    expect(refused(chart.replace('{tag}', '{subject}')).code).toBe('WRITE_VALUE_UNFIT');
  });

  it('refuses what would be read otherwise than the template, and a template that is none', () => {
    expect(refused('a: &{branch} 1\nb: *{branch}\n', 'a.yaml', { branch: 'x y' }).code).toBe('WRITE_VALUE_UNFIT');
    expect(refused('{tag}: 1\n{branch}: 2\n', 'a.yaml', { branch: 'abc123' }).code).toBe('WRITE_VALUE_UNFIT');
    expect(refused('a: [\n').code).toBe('FILE_SYNTAX_INVALID');
  });

  it('keeps the bytes of what is no text', () => {
    const bytes = Buffer.from([0xff, 0x00, 0x7b, 0x70, 0x72, 0x7d]);
    expect(fillFile({ file: 'p/7.bin', template: 't', bytes, values })).toBe(bytes);
  });
});
