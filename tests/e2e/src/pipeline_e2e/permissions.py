"""The services' roles in a running emulated AWS that enforces IAM: listing and removing their permissions."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from local_aws.deploy.transform import parse_template
from pipeline_cli.target import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from local_aws.aws import AwsEndpoint

Statement = dict[str, Any]

# On AWS, a permission for one message covers the batch too. MiniStack requires an action with the batch's own name.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
_BATCHES = {
    "sqs:SendMessage": "sqs:SendMessageBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
}


@dataclass(frozen=True, order=True)
class Grant:
    """One action of one statement of one service's role."""

    service: str
    sid: str
    action: str

    def __str__(self) -> str:
        """Format it as a test's parameter."""
        return f"{self.service}-{self.sid}-{self.action}"


def grants_of_templates(repository: Path) -> list[Grant]:
    """List the permissions that the services' templates grant."""
    grants = []
    for template in sorted(repository.glob("services/*/template.yaml")):
        for resource in parse_template(template.read_text(encoding="utf-8"))["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                for policy in resource["Properties"]["Policies"]:
                    grants += _grants(template.parent.name, policy["PolicyDocument"]["Statement"])
    return sorted(grants)


class Roles:
    """The roles of a deployed stack, by service."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        """Read the roles, and make MiniStack read their policies as AWS does."""
        self._endpoint = endpoint
        self._iam = endpoint.session().client("iam", endpoint_url=endpoint.url)
        self._sts = endpoint.session().client("sts", endpoint_url=endpoint.url)
        self._roles: dict[str, dict[str, Any]] = {}
        self._statements: dict[str, list[Statement]] = {}
        for role in self._iam.list_roles()["Roles"]:
            (service,) = self._iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
            assert not self._iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
            policy = self._iam.get_role_policy(RoleName=role["RoleName"], PolicyName=service)["PolicyDocument"]
            self._roles[service] = role
            self._statements[service] = policy["Statement"]
            self._put(service, policy["Statement"])

    def grants(self) -> list[Grant]:
        """List the permissions with which the roles were deployed."""
        return sorted(
            grant for service, statements in self._statements.items() for grant in _grants(service, statements)
        )

    def client(self, service: str, name: Literal["lambda", "logs", "sqs"]) -> Any:
        """Make a client that acts as the service, with its role's credentials."""
        arn = self._roles[service]["Arn"]
        credentials = self._sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return self._endpoint.session().client(
            name,
            endpoint_url=self._endpoint.url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    @contextmanager
    def without(self, grant: Grant) -> Iterator[None]:
        """Remove one action inside the context."""
        statements = self._statements[grant.service]
        fewer = []
        for statement in statements:
            actions = _actions(statement)
            if statement["Sid"] == grant.sid:
                actions.remove(grant.action)
            if actions:
                fewer.append(statement | {"Action": actions})
        self._put(grant.service, fewer)
        try:
            yield
        finally:
            self._put(grant.service, statements)

    def _put(self, service: str, statements: Sequence[Statement]) -> None:
        document = {"Version": "2012-10-17", "Statement": [_as_aws_reads_it(statement) for statement in statements]}
        self._iam.put_role_policy(
            RoleName=self._roles[service]["RoleName"], PolicyName=service, PolicyDocument=json.dumps(document)
        )


def person(endpoint: AwsEndpoint, environment: str, *policies: str) -> Callable[[str], Any]:
    """Return a factory of clients for a new person who has some of the policies for people, such as `readers`."""
    key, secret = access_key(endpoint, environment, *policies)
    session: Any = endpoint.session()
    return lambda service: session.client(
        service, endpoint_url=endpoint.url, aws_access_key_id=key, aws_secret_access_key=secret
    )


def access_key(endpoint: AwsEndpoint, environment: str, *policies: str) -> tuple[str, str]:
    """Create a person who has some of the policies for people, and return the access key and its secret."""
    make = client_of(endpoint)
    iam, ssm = make("iam"), make("ssm")
    name = f"person-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    for policy in policies:
        path = f"/durable-pipeline/{environment}/access/{policy}-policy-arn"
        arn = ssm.get_parameter(Name=path)["Parameter"]["Value"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        document["Statement"] = [_as_aws_reads_it(statement) for statement in document["Statement"]]
        iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def _grants(service: str, statements: Sequence[Statement]) -> list[Grant]:
    return [Grant(service, statement["Sid"], action) for statement in statements for action in _actions(statement)]


def _actions(statement: Statement) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


def _as_aws_reads_it(statement: Statement) -> Statement:
    actions = _actions(statement)
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    # The ARN of a log group ends with :*, which on AWS also means the group itself; in MiniStack it does not.
    groups = [resource.removesuffix(":*") for resource in resources if ":log-group:" in resource]
    # MiniStack authorizes several parameters as if all were requested.
    parameters = ["*"] if "ssm:GetParameters" in actions else []
    return statement | {
        "Action": actions + [_BATCHES[action] for action in actions if action in _BATCHES],
        "Resource": resources + groups + parameters,
    }
