// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policies, where that is a variable.
import { expect, it } from 'vitest';
import { readTrustDocument } from '../../../src/auth/iam/policy.ts';
import { judgeRight } from '../../../src/auth/iam/rights.ts';
import { readJsonText } from '../../../src/auth/json.ts';

const repository = 'arn:aws:ecr:eu-west-1:123456789012:repository/shop';
const allow = { Effect: 'Allow', Action: 'ecr:*', Resource: '*' };
const deny = { ...allow, Effect: 'Deny' };

// From the IAM user guide: "Policy evaluation logic", "IAM JSON policy elements: Action, NotAction, Resource, NotResource".
// biome-ignore format: a table
it.each<[string, true | false | 'unknown', object[]]>([
  ['an action in another case', true, [{ ...allow, Action: 'ECR:putimage' }]],
  ['a wildcard of one character', true, [{ ...allow, Action: ['sts:*', 'ecr:PutImag?'] }]],
  ['another action', false, [{ ...allow, Action: 'ecr:PutImageScanningConfiguration' }]],
  ['every action but others', true, [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }]],
  ['every action but this one', false, [{ Effect: 'Allow', NotAction: 'ecr:Put*', Resource: '*' }]],
  ['its own ARN', true, [{ ...allow, Resource: repository }]],
  ['a run over several parts of the ARN', true, [{ ...allow, Resource: 'arn:aws:ecr:*/shop' }]],
  ['a resource in another case', false, [{ ...allow, Resource: repository.replace('shop', 'Shop') }]],
  ['every resource but others', true, [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::*' }]],
  ['every resource but this one', false, [{ Effect: 'Allow', Action: '*', NotResource: [repository] }]],
  ['a resource that a tag fills in', 'unknown', [{ ...allow, Resource: 'arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}' }]],
  ['an Allow and a Deny', false, [allow, deny]],
  ['a Deny of something else', true, [allow, { ...deny, Action: 'ecr:Delete*' }]],
  ['a Deny outside of a region', true, [allow, { ...deny, Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }]],
  ['a Deny inside of a region', false, [allow, { ...deny, Condition: { StringEquals: { 'aws:requestedRegion': 'eu-west-1' } } }]],
  ['a Deny that rests on the network', 'unknown', [allow, { ...deny, Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }]],
  ['an Allow that rests on a tag', 'unknown', [{ ...allow, Condition: { StringEquals: { 'ecr:ResourceTag/team': 'a' } } }]],
  ['an Allow whose known condition fails, whatever the tag', false, [{ ...allow, Condition: { StringEquals: { 'ecr:ResourceTag/team': 'a', 'aws:RequestedRegion': 'us-east-1' } } }]],
  ['no statement at all', false, []],
])('a policy with %s gives the right: %s', (_, truth, statements) => {
  expect(judged([statements])).toBe(truth);
});

it('leaves open what a policy that could not be read may say, but for a Deny', () => {
  expect(judged([[allow], undefined])).toBe('unknown');
  expect(judged([[deny], undefined])).toBe(false);
});

function judged(policies: readonly (readonly object[] | undefined)[]) {
  const documents = policies.map((Statement) => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement });
    const { root } = readJsonText(text, 'policy');
    return Statement && root && readTrustDocument(root).document;
  });
  const known = new Map([['aws:requestedregion', ['eu-west-1']]]);
  return judgeRight(documents, { action: 'ecr:PutImage', resource: repository, known });
}
