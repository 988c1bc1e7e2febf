import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const docs = resolve(import.meta.dirname, '../../docs');
const page = readFileSync(join(docs, 'how-to/other-ci.md'), 'utf8');
const sections = page.split(/^## /m).slice(1);
const commands = readFileSync(join(docs, 'reference/commands.md'), 'utf8');
const variables = readFileSync(join(docs, 'reference/environment.md'), 'utf8');

/** Every `tagboat` command line in a text: its command and options. */
const linesIn = (text: string) =>
  [...text.matchAll(/npx tagboat ([a-z]+)((?: --[a-z-]+(?: "[^"]*")?)*)/g)].map(([, command = '', rest = '']) => ({
    command,
    options: rest.match(/--[a-z-]+/g) ?? [],
  }));

describe('the page of other CI systems', () => {
  it('has those whose variables are known, but GitLab, which has its own', () => {
    const names = ['Bitbucket Pipelines', 'CircleCI', 'Jenkins', 'Azure Pipelines', 'Buildkite', 'Drone', 'Woodpecker'];
    expect(sections.map((section) => section.split('\n')[0])).toEqual([...names, 'Forgejo Actions', 'Any other']);
  });

  it('has for each a file that can be read, in which a command runs', () => {
    for (const section of sections) {
      const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(section) ?? [];
      const texts: string[] = [];
      const keep = (_: string, value: unknown) => {
        if (typeof value === 'string') texts.push(value);
        return value;
      };
      if (yaml !== undefined) JSON.stringify(parse(yaml), keep);
      const runs = linesIn(yaml === undefined ? section : texts.join('\n'));
      expect(
        runs.map(({ command }) => command),
        section,
      ).toContain('ship');
    }
  });

  it('names commands, options and variables that there are', () => {
    for (const { command, options } of linesIn(page)) {
      const [, about = ''] = commands.split(`## tagboat ${command}\n`);
      expect(about, command).not.toBe('');
      for (const option of options) expect(about.split('\n## ')[0], `${command} ${option}`).toContain(option);
    }
    const named = new Set(page.match(/TAGBOAT_[A-Z_]+/g));
    for (const name of named) expect(variables, name).toContain(`\`${name}\``);
  });
});
