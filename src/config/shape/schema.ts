import * as z from 'zod';
import { besideFrom } from './image.ts';
import { keysAt, shape } from './shape.ts';

type Part = Record<string, unknown>;

/** The JSON Schema of tagboat.yaml, for editors: draft 7, which the YAML language server understands best. */
export function configJsonSchema(): Part {
  const { $schema, ...rest } = z.toJSONSchema(shape, { target: 'draft-7', io: 'input' }) as Part;
  const schema: Part = { $schema, title: 'tagboat.yaml', ...rest };
  const at = (path: string): Part => path.split('.').reduce<Part>((part, key) => part[key] as Part, schema);
  schema.patternProperties = { '^x-': { description: 'Anything, for anchors: nothing here reads it.' } };
  // What one key asks of others stands in no type.
  schema.anyOf = [has('images'), has('deliveries')];
  const description = 'All from elsewhere.';
  const onlyFrom = { properties: { images: { additionalProperties: has('from'), description } } };
  schema.dependencies = { images: { anyOf: [has('registry'), onlyFrom] } };
  const image = at('properties.images.additionalProperties');
  image.not = {
    anyOf: [
      { allOf: [is('engine', 'docker', 'buildah', 'assemble'), { anyOf: [has('builder'), has('attest')] }] },
      { allOf: [is('engine', 'docker'), has('annotations')] },
      { allOf: [is('engine', 'assemble'), { anyOf: [has('secrets'), has('ssh')] }] },
      { allOf: [is('engine', 'docker', 'buildah'), { anyOf: [has('contexts'), is('compression', 'zstd')] }] },
      {
        allOf: [
          has('from'),
          {
            anyOf: keysAt(['images', 'x'])
              .filter((key) => key !== 'from' && !besideFrom.includes(key))
              .map(has),
          },
        ],
      },
    ],
  };
  for (const part of (image.properties as Record<string, Part>).builder?.anyOf as Part[]) {
    if (part.type === 'object') part.dependencies = { cert: ['key'], key: ['cert'] };
  }
  const { secrets } = image.properties as Record<string, Part>;
  for (const part of (secrets?.additionalProperties as Part).anyOf as Part[]) {
    if (part.type === 'object') part.oneOf = [has('env'), has('src')];
  }
  const delivery = at('properties.deliveries.additionalProperties');
  const needed = ['application'];
  delivery.dependencies = { argocd: needed, sync: needed, onUnhealthy: needed, environment: needed };
  // Releases are ordered by git tags.
  const byTags = { properties: { from: { type: 'object', ...has('tags'), description: 'As said above.' } } };
  const proposed = is('via', 'pullRequest');
  delivery.not = {
    anyOf: [{ allOf: [is('order', 'semver'), { not: byTags }] }, { allOf: [has('pullRequest'), { not: proposed }] }],
  };
  for (const one of [at('properties.argocd'), (delivery.properties as Record<string, Part>).argocd]) {
    const byCluster = is('auth', 'kubeconfig');
    Object.assign(one ?? {}, {
      oneOf: [
        { allOf: [byCluster], not: has('server') },
        { ...has('server'), not: byCluster },
      ],
    });
  }
  return schema;
}

function has(key: string): Part {
  return { required: [key] };
}

function is(key: string, ...values: string[]): Part {
  return { ...has(key), properties: { [key]: { enum: values, description: 'As said above.' } } };
}
