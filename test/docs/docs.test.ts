import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Every page that people read, by its path from the root. */
const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => join('docs', String(name))),
  ...readdirSync(join(root, 'examples'), { recursive: true }).map((name) => join('examples', String(name))),
].filter((name) => name.endsWith('.md') && statSync(join(root, name)).isFile());

/** Whether a link's file is there, and a heading of it by the name that GitHub gives it. */
function leads(folder: string, page: string, link: string): boolean {
  const [path = '', heading] = decodeURI(link).split('#');
  const file = path === '' ? page : resolve(folder, path);
  if (!existsSync(file)) return false;
  if (heading === undefined || !file.endsWith('.md')) return true;
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return headings.includes(heading);
}

it('links and pictures lead to files that are there', () => {
  expect(pages.length).toBeGreaterThan(10);
  const lost = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    return links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !leads(resolve(root, dirname(page)), join(root, page), link))
      .map((link) => `${page}: ${link}`);
  });
  expect(lost).toEqual([]);
});

it('decisions are numbered once each, without a gap', () => {
  const numbers = readdirSync(join(root, 'docs', 'decisions')).map((name) => Number(name.slice(0, 3)));
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
});

it('the page of the plan says of forty sentences of the README where they are made true', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8').replace(/\s+/g, ' ');
  const page = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  const table = page.slice(page.indexOf('## Where is what'));
  const rows = [...table.matchAll(/^\| (.+?) +\| \[`(src\/[^`]+)`\]/gm)];
  expect(rows.length).toBeGreaterThanOrEqual(40);
  for (const [, words, file] of rows) {
    expect(readme).toContain(words);
    expect(existsSync(join(root, String(file))), String(file)).toBe(true);
  }
});

it('the README is a screen of what, one of how, and a map', () => {
  const parts = readFileSync(join(root, 'README.md'), 'utf8').split(/^## /m);
  expect(parts.map((part) => part.slice(0, part.indexOf('\n')))).toEqual(['# Tagboat', 'Try it', 'Use it', 'Read on']);
  const lines = parts.map((part) => part.trim().split('\n').length);
  expect(lines[0]).toBeLessThanOrEqual(35);
  expect(Number(lines[1]) + Number(lines[2])).toBeLessThanOrEqual(80);
  expect(lines[3]).toBeLessThanOrEqual(25);
});
