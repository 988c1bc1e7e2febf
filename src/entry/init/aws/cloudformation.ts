import { stringify } from 'yaml';
import { type AwsNeeds, audience, issuerOf, lifecycle, movingTags, providerOwner, rightsOf, trustOf } from './model.ts';

/** A CloudFormation template of the provider, the role and the repositories. Pure. */
export function cloudFormation(needs: AwsNeeds): string {
  const repositories = needs.repositories.map((name): [string, unknown] => [
    `Repository${name.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())}`,
    {
      Type: 'AWS::ECR::Repository',
      // Images outlive a stack that is deleted by mistake.
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        RepositoryName: name,
        ImageScanningConfiguration: { ScanOnPush: true },
        ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        ImageTagMutabilityExclusionFilters: [
          { ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: movingTags },
        ],
        LifecyclePolicy: { LifecyclePolicyText: JSON.stringify(lifecycle) },
      },
    },
  ]);
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `What Tagboat needs to push the images of ${needs.app}`,
    Parameters: {
      CreateProvider: {
        Type: 'String',
        AllowedValues: ['true', 'false'],
        Default: 'true',
        Description: `false where the account has the identity provider of ${providerOwner[needs.ci]} already`,
      },
    },
    Conditions: { WithProvider: { 'Fn::Equals': [{ Ref: 'CreateProvider' }, 'true'] } },
    Resources: {
      Provider: {
        Type: 'AWS::IAM::OIDCProvider',
        Condition: 'WithProvider',
        Properties: { Url: issuerOf(needs), ClientIdList: [audience] },
      },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: needs.role,
          AssumeRolePolicyDocument: trustOf(needs),
          Policies: [{ PolicyName: 'push', PolicyDocument: rightsOf(needs) }],
        },
      },
      ...Object.fromEntries(repositories),
    },
  };
  return `# aws cloudformation deploy --stack-name tagboat --template-file aws/tagboat.cloudformation.yaml \\
#   --capabilities CAPABILITY_NAMED_IAM --region ${needs.region}
${stringify(template, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
