import { partitionOf } from '../../auth/aws/ecr-host.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { type ConfigTree, configYaml } from '../migrate/write/yaml-text.ts';
import type { Choices } from './choices.ts';
import type { SeenImage } from './find-images.ts';
import { servicesFolder, shortPlaces } from './services.ts';

const noDelivery = `
# Where the tag goes: a config repo that Argo CD follows. Until then \`tagboat build\` builds and pushes.
# deliveries:
#   main:
#     from: BRANCH
#     repo: owner/config
#     set:
#       shop/values.yaml:
#         .image.tag: "{tag}"
`;

/** tagboat.yaml, with a comment on each line where something was chosen. Pure. */
export function configText({ images, others, registry, aws, from, delivery }: Choices): string {
  const name = /^[\w-]+$/.test(from.value) ? from.value : 'main';
  const folder = servicesFolder(images);
  const isService = (one: SeenImage): boolean =>
    folder !== undefined && one.dockerfile === `${folder}/${one.name}/Dockerfile`;
  const except = others.filter(isService).map((one) => one.name);
  const services = images.filter(isService).map((one) => one.name);
  const short = folder === undefined ? undefined : shortPlaces(delivery?.places ?? [], services);
  const places = short ?? delivery?.places ?? [];
  const set: Record<string, Record<string, string>> = {};
  for (const { file, path, value } of places) set[file] = { ...set[file], [path]: value };
  const tree: ConfigTree = {
    registry: registry.value,
    aws: aws && {
      role: `arn:${partitionOf(aws.region).partition}:iam::${aws.account}:role/${aws.role}`,
      region: aws.region,
    },
    tag: short && '{content}',
    images: Object.fromEntries([
      ...(folder === undefined ? [] : [[`${folder}/*`, { except: except.length === 0 ? undefined : except }] as const]),
      ...images
        .filter((one) => !isService(one))
        .map(({ name, dockerfile, context, target, args }) => [
          name,
          { dockerfile, context: context === '.' ? undefined : context, target, args },
        ]),
    ]),
    argocd: delivery?.argocd === undefined ? undefined : { server: delivery.argocd },
    deliveries:
      delivery === undefined
        ? undefined
        : {
            [name]: {
              ...{ from: from.value, repo: delivery.repo.value, branch: delivery.branch.value, set },
              application: delivery.application?.value,
            },
          },
  };
  const beside = (keys: readonly string[], why: string | undefined): [string, string | undefined] => [
    keys.join('\n'),
    why,
  ];
  const text = configYaml(
    tree,
    Object.fromEntries([
      beside(['registry'], registry.why),
      beside(['tag'], 'a service that nothing changed keeps its tag'),
      beside(['aws', 'role'], "assumed by the job's OIDC token: no stored keys"),
      ...images.map((one) => beside(['images', one.name, 'dockerfile'], `found in ${one.from}`)),
      beside(['deliveries', name, 'from'], from.why),
      beside(['deliveries', name, 'repo'], delivery?.repo.why),
      beside(['deliveries', name, 'branch'], delivery?.branch.why),
      beside(['deliveries', name, 'application'], delivery?.application?.why),
      ...places
        .filter(({ today }) => today !== '')
        .map(({ file, path, today }) =>
          beside(['deliveries', name, 'set', file, path], `today ${beginning(today.replace(/\s+/g, ' '), 80)}`),
        ),
    ]),
  );
  return delivery === undefined ? `${text}${noDelivery.replace('BRANCH', from.value)}` : text;
}
