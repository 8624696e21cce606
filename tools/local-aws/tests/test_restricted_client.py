"""The one endpoint with IAM enforced: it uses TLS, and a client may do only what its role allows."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from local_aws.deploy.stack import create_stack
from local_aws.emulator import Emulator
from local_aws.event_source.mapping import UNPOLLED
from waiter import deploy_waiter, invoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.aws import AwsEndpoint

QUEUE_ARN = "arn:aws:sqs:eu-central-2:000000000000:queue"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator.start(tmp_path_factory.mktemp("run"), template=None, enforce_iam=True) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def one_endpoint(strict: Emulator) -> AwsEndpoint:
    return strict.one_endpoint()


def client_that_may(endpoint: AwsEndpoint, service: Any, action: str, resource: str = "*") -> Any:
    """Make a client with the credentials of a role that allows only this action."""
    name = "-".join([action.partition(":")[2], resource.rpartition("/")[2].replace("*", "all")])
    iam = endpoint.session().client("iam", endpoint_url=endpoint.url)
    trust = _policy("sts:AssumeRole", Principal={"AWS": "*"})
    if name not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=_policy(action, Resource=resource))
    sts = endpoint.session().client("sts", endpoint_url=endpoint.url)
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return endpoint.session().client(
        service,
        endpoint_url=endpoint.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _policy(action: str, **of: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **of}]})


@pytest.mark.parametrize("directly", [True, False])
def test_a_client_may_do_what_its_role_allows_and_nothing_else(
    directly: bool, strict: Emulator, one_endpoint: AwsEndpoint
) -> None:
    endpoint = strict.endpoint if directly else one_endpoint
    queue = endpoint.sqs().create_queue(QueueName="a-queue")["QueueUrl"]
    sqs, service = (client_that_may(endpoint, name, "sqs:SendMessage") for name in ("sqs", "lambda"))

    sqs.send_message(QueueUrl=queue, MessageBody="ä + &")

    with pytest.raises(ClientError, match=r"\(AccessDenied\).*not authorized to perform: sqs:ReceiveMessage"):
        sqs.receive_message(QueueUrl=queue)
    with pytest.raises(ClientError, match=r"\(AccessDenied.*not authorized to perform: lambda:InvokeFunction"):
        service.invoke(FunctionName="arn:aws:lambda:eu-central-2:000000000000:function:any:live", Payload=b"{}")


def test_a_statement_takes_the_permission_of_its_kind_on_its_table(strict: Emulator) -> None:
    strict.endpoint.dynamodb().create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    insert: Any = {"Statement": "INSERT INTO \"items\" VALUE {'id': ?}", "Parameters": [{"S": "1"}]}
    delete: Any = {"Statement": 'DELETE FROM "items" WHERE id = ?', "Parameters": [{"S": "1"}]}
    table = "arn:aws:dynamodb:eu-central-2:000000000000:table/items"
    allowed = client_that_may(strict.endpoint, "dynamodb", "dynamodb:PartiQLInsert", table)
    elsewhere = client_that_may(strict.endpoint, "dynamodb", "dynamodb:PartiQLInsert", f"{table}-of-others")
    other = client_that_may(strict.endpoint, "dynamodb", "dynamodb:PutItem", table)

    (stored,) = allowed.batch_execute_statement(Statements=[insert])["Responses"]

    assert "Error" not in stored
    for client in (elsewhere, other):
        with pytest.raises(ClientError, match=r"\(AccessDenied.*not authorized to perform: dynamodb:PartiQLInsert"):
            client.batch_execute_statement(Statements=[insert])
    with pytest.raises(ClientError, match=r"\(AccessDenied.*not authorized to perform: dynamodb:PartiQLDelete"):
        allowed.execute_statement(**delete)


def test_a_queues_mappings_are_listed_for_a_role_that_may_list_them(
    strict: Emulator, one_endpoint: AwsEndpoint
) -> None:
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"EventSourceArn": QUEUE_ARN + UNPOLLED, "FunctionName": "any"},
    }
    template = json.dumps({"Resources": {"EventSource": mapping}}).encode()
    strict.endpoint.s3().put_object(Bucket="artifacts", Key="template.json", Body=template)
    url = f"{strict.endpoint.url}/artifacts/template.json"
    create_stack(strict.endpoint.cloudformation(), "mapping", url, {}, seconds=20)

    allowed = client_that_may(one_endpoint, "lambda", "lambda:ListEventSourceMappings")
    denied = client_that_may(one_endpoint, "lambda", "sqs:SendMessage")

    for chosen in ({}, {"EventSourceArn": QUEUE_ARN}):
        (listed,) = allowed.list_event_source_mappings(**chosen)["EventSourceMappings"]
        assert listed["EventSourceArn"] == QUEUE_ARN
        with pytest.raises(ClientError, match=r"\(AccessDenied.*perform: lambda:ListEventSourceMappings"):
            denied.list_event_source_mappings(**chosen)


def test_a_durable_function_s_version_is_resolved_where_signatures_are_checked(one_endpoint: AwsEndpoint) -> None:
    deploy_waiter(one_endpoint)
    service = client_that_may(one_endpoint, "lambda", "lambda:InvokeFunction")

    assert invoke(service, {}, InvocationType="DryRun")["ExecutedVersion"] == "$LATEST"


def test_the_one_endpoint_has_the_certificate_that_its_clients_trust(one_endpoint: AwsEndpoint) -> None:
    assert one_endpoint.url.startswith("https://")
    assert one_endpoint.variables()["AWS_CA_BUNDLE"] == str(one_endpoint.certificates)

    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(one_endpoint.url, context=ssl.create_default_context())
