"""SAM templates of clients, which are transformed at the one endpoint."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def sam_template(properties: dict[str, Any]) -> str:
    """Make a template of one function, whose name is a parameter."""
    return json.dumps(
        {
            "Transform": "AWS::Serverless-2016-10-31",
            "Parameters": {"Name": {"Type": "String"}},
            "Globals": {"Function": {"Runtime": RUNTIME, "AutoPublishAlias": "live"}},
            "Resources": {
                "Plain": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {"FunctionName": {"Ref": "Name"}, "Handler": "index.handler", **properties},
                }
            },
        }
    )


@pytest.mark.parametrize("uploaded", [False, True])
def test_a_sam_template_is_deployed_by_the_one_endpoint(endpoint: AwsEndpoint, uploaded: bool) -> None:
    client, name = endpoint.cloudformation(), f"sam-{uploaded}".lower()
    text = sam_template({"InlineCode": "def handler(event, context):\n    return event\n"})
    endpoint.s3().put_object(Bucket="artifacts", Key=f"{name}.json", Body=text.encode())
    template: Any = {"TemplateURL": f"{endpoint.url}/artifacts/{name}.json"} if uploaded else {"TemplateBody": text}

    client.create_change_set(
        StackName=name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        Parameters=[{"ParameterKey": "Name", "ParameterValue": name}],
        **template,
    )
    client.execute_change_set(StackName=name, ChangeSetName="first")
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    answer = endpoint.lambda_().invoke(FunctionName=f"{name}:live", Payload=b'{"a": 1}')
    assert (json.loads(answer["Payload"].read()), answer["ExecutedVersion"]) == ({"a": 1}, "1")


def test_a_template_that_sam_refuses_is_a_validation_error(endpoint: AwsEndpoint) -> None:
    with pytest.raises(ClientError, match=r"\(ValidationError\).*SAM refuses the template refused") as refused:
        endpoint.cloudformation().create_stack(StackName="refused", TemplateBody=sam_template({}))

    assert "Plain" in str(refused.value)


@pytest.mark.parametrize(
    "template",
    [
        {"TemplateBody": "a: [unclosed"},
        {"TemplateBody": "text"},
        {"TemplateURL": "https://s3.amazonaws.com/artifacts/none"},
    ],
)
def test_what_cannot_be_read_is_left_to_cloudformation(endpoint: AwsEndpoint, template: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        endpoint.cloudformation().create_stack(StackName="unread", **template)  # type: ignore[arg-type]


def test_a_sam_template_without_a_stack_is_validated(endpoint: AwsEndpoint) -> None:
    text = sam_template({"InlineCode": "def handler(event, context):\n    return event\n"})

    validated = endpoint.cloudformation().validate_template(TemplateBody=text)

    assert [parameter["ParameterKey"] for parameter in validated["Parameters"]] == ["Name"]
