import { type AwsNeeds, audience, issuerOf, lifecycle, movingTags, providerArn, rightsOf, trustOf } from './model.ts';

/** The same as Terraform, as `terraform fmt` writes it. Pure. */
export function terraform(needs: AwsNeeds): string {
  const repositories = needs.repositories.map((name) => `    ${JSON.stringify(name)},\n`).join('');
  const issuer = issuerOf(needs);
  return `# What Tagboat needs to push the images of ${needs.app}.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.8"
    }
  }
}

provider "aws" {
  region = "${needs.region}"
}

# An account has one of these. Where it is there already:
# terraform import aws_iam_openid_connect_provider.${needs.ci} ${providerArn(needs)}
resource "aws_iam_openid_connect_provider" "${needs.ci}" {
  url            = "${issuer}"
  client_id_list = ["${audience}"]
}

resource "aws_iam_role" "deliver" {
  name               = "${needs.role}"
  assume_role_policy = ${heredoc(trustOf(needs))}
}

resource "aws_iam_role_policy" "push" {
  name   = "push"
  role   = aws_iam_role.deliver.id
  policy = ${heredoc(rightsOf(needs))}
}

resource "aws_ecr_repository" "images" {
  for_each = toset([
${repositories}  ])

  name                 = each.value
  image_tag_mutability = "IMMUTABLE_WITH_EXCLUSION"

  # The build cache is written anew with every build.
  image_tag_mutability_exclusion_filter {
    filter      = "${movingTags}"
    filter_type = "WILDCARD"
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "images" {
  for_each = aws_ecr_repository.images

  repository = each.value.name
  policy     = ${heredoc(lifecycle)}
}
`;
}

function heredoc(policy: unknown): string {
  const lines = JSON.stringify(policy, null, 2).replaceAll('${', '$${').split('\n');
  return `<<-JSON\n${lines.map((line) => `    ${line}\n`).join('')}  JSON`;
}
