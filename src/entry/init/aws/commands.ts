import { type AwsNeeds, audience, issuerOf, lifecycle, movingTags, providerArn, rightsOf, trustOf } from './model.ts';

/** The same as commands of the \`aws\` CLI, which may be run again. Pure. */
export function awsCommands(needs: AwsNeeds): string {
  const repositories = needs.repositories.map(
    (name) => `
if ! aws ecr describe-repositories --region ${needs.region} --repository-names ${name} >/dev/null 2>&1; then
  aws ecr create-repository --region ${needs.region} --repository-name ${name} \\
    --image-scanning-configuration scanOnPush=true \\
    --image-tag-mutability IMMUTABLE_WITH_EXCLUSION \\
    --image-tag-mutability-exclusion-filters 'filterType=WILDCARD,filter=${movingTags}'
fi
aws ecr put-lifecycle-policy --region ${needs.region} --repository-name ${name} \\
  --lifecycle-policy-text ${quoted(lifecycle)}
`,
  );
  const issuer = issuerOf(needs);
  const arn = providerArn(needs);
  return `#!/bin/sh
# What Tagboat needs to push the images of ${needs.app}. May be run again.
set -eu

if ! aws iam get-open-id-connect-provider --open-id-connect-provider-arn ${arn} >/dev/null 2>&1; then
  aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${audience}
fi

# The role: jobs of ${needs.app} on ${needs.branches.join(', ')}, and nobody else.
if aws iam get-role --role-name ${needs.role} >/dev/null 2>&1; then
  aws iam update-assume-role-policy --role-name ${needs.role} \\
    --policy-document ${quoted(trustOf(needs))}
else
  aws iam create-role --role-name ${needs.role} \\
    --assume-role-policy-document ${quoted(trustOf(needs))}
fi
aws iam put-role-policy --role-name ${needs.role} --policy-name push \\
  --policy-document ${quoted(rightsOf(needs))}
${repositories.join('')}`;
}

function quoted(policy: unknown): string {
  return `'${JSON.stringify(policy).replaceAll("'", "'\\''")}'`;
}
