import { key, scalar } from '../migrate/write/scalar.ts';
import { schemaLine } from '../run/version.ts';
import type { Choices, Chosen } from './choices.ts';

/** tagboat.yaml, with a comment on each line where something was chosen. Pure. */
export function configText({ images, registry, aws, from, delivery }: Choices): string {
  const lines = [schemaLine.trimEnd(), chosen('registry', registry)];
  if (aws !== undefined) {
    lines.push(
      'aws:',
      `  role: arn:aws:iam::${aws.account}:role/${aws.role} # assumed by the job's OIDC token: no stored keys`,
      `  region: ${aws.region}`,
    );
  }
  lines.push('', 'images:');
  for (const { name, dockerfile, context, target, args, from: origin } of images) {
    lines.push(`  ${name}: # found in ${origin}`);
    lines.push(`    dockerfile: ${scalar(dockerfile)}`);
    if (context !== '.') lines.push(`    context: ${scalar(context)}`);
    if (target !== undefined) lines.push(`    target: ${scalar(target)}`);
    const given = Object.entries(args ?? {});
    if (given.length > 0)
      lines.push('    args:', ...given.map(([name, value]) => `      ${key(name)}: ${scalar(value)}`));
  }
  if (delivery === undefined) {
    lines.push(
      '',
      '# Where the tag goes: a config repo that Argo CD follows. Until then `tagboat build` builds and pushes.',
    );
    lines.push(
      '# deliveries:',
      '#   main:',
      `#     from: ${from.value}`,
      '#     repo: owner/config',
      '#     set:',
      '#       shop/values.yaml:',
      '#         .image.tag: "{tag}"',
    );
    return `${lines.join('\n')}\n`;
  }
  const { repo, branch, places, application, argocd } = delivery;
  if (argocd !== undefined) lines.push('', 'argocd:', `  server: ${scalar(argocd)}`);
  lines.push(
    '',
    'deliveries:',
    `  ${/^[\w-]+$/.test(from.value) ? from.value : 'main'}:`,
    `    ${chosen('from', from)}`,
    `    ${chosen('repo', repo)}`,
    `    ${chosen('branch', branch)}`,
    '    set:',
  );
  for (const file of new Set(places.map((place) => place.file))) {
    lines.push(`      ${key(file)}:`);
    for (const place of places.filter((one) => one.file === file)) {
      const today = place.today === '' ? '' : ` # today ${place.today.replace(/\s+/g, ' ').slice(0, 80)}`;
      lines.push(`        ${key(place.path)}: ${JSON.stringify(place.value)}${today}`);
    }
  }
  if (application !== undefined) lines.push(`    ${chosen('application', application)}`);
  return `${lines.join('\n')}\n`;
}

function chosen(name: string, { value, why }: Chosen): string {
  return `${name}: ${scalar(value)}${why === undefined ? '' : ` # ${why}`}`;
}
