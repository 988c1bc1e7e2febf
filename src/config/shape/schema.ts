import * as z from 'zod';
import { besideFrom } from './image.ts';
import { patterns } from './patterns.ts';
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
  // A file that lists images, unless it is an image's name.
  const orImage = (part: Part, description: string): Part => ({ anyOf: [part, { type: 'object' }], description });
  const file = (example: string): Part => ({ type: 'string', ...patterns.innerPath, examples: [example] });
  at('properties.images').properties = {
    bake: orImage(
      file('docker-bake.hcl'),
      "A bake file, from the app repo's root: its targets are images, as `docker buildx bake --print` there tells them, with variables from the environment. A tag in `registry` gives `repository` and one of `tags`. An entry by a target's name wins, key by key.",
    ),
    compose: orImage(
      file('compose.yaml'),
      "A compose file: its services with `build:` are images, read by `docker buildx bake --print` in the file's own folder. Otherwise as `bake`.",
    ),
    targets: orImage(
      { type: 'array', items: { type: 'string', pattern: '^[A-Za-z0-9_][\\w-]*$' }, minItems: 1, examples: [['web']] },
      'The targets and groups of that file that are meant. Default: the group default, of a compose file every service with `build:`.',
    ),
  };
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
  const promoted = { soak: ['after'], windows: ['after'], freeze: ['after'] };
  delivery.oneOf = [has('from'), has('after')];
  delivery.dependencies = { argocd: needed, sync: needed, onUnhealthy: needed, environment: needed, ...promoted };
  // Releases are ordered by git tags.
  const byTags = { properties: { from: { type: 'object', ...has('tags'), description: 'As said above.' } } };
  const proposed = is('via', 'pullRequest');
  delivery.anyOf = [has('set'), has('write')];
  const byPullRequests = {
    properties: { from: { type: 'object', ...has('pullRequests'), description: 'As said above.' } },
  };
  const unwritten = { anyOf: [{ not: byPullRequests }, proposed, is('onUnhealthy', 'rollback')] };
  delivery.not = {
    anyOf: [
      { allOf: [is('order', 'semver'), { anyOf: [{ not: byTags }, has('after')] }] },
      { allOf: [has('pullRequest'), { not: proposed }] },
      { allOf: [has('after'), { anyOf: [has('message'), has('trailers'), has('write')] }] },
      // GitHub's API commits on branches that are there.
      {
        allOf: [
          has('createBranch'),
          { not: { properties: { createBranch: { const: false, description: 'As said above.' } } } },
          is('via', 'github'),
        ],
      },
      { allOf: [has('write'), unwritten] },
    ],
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
