"""Deployments refused before the build, because AWS could not run the orchestrator."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from pipeline_cli.deploy.durable_functions import check_durable_functions
from pipeline_cli.deploy.stacks import Catalogue
from pipeline_cli.errors import DeployError
from pipeline_cli.repository import find_repository

ANY = "any"
LIST = "list_durable_executions_by_function"
ASKED = {"FunctionName": "dev-durable-pipeline-orchestrator", "MaxItems": 1}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(find_repository())


def lambda_client(region: str = "mx-central-1", url: str | None = None) -> Any:
    return boto3.client("lambda", region, endpoint_url=url, aws_access_key_id=ANY, aws_secret_access_key=ANY)


def check(catalogue: Catalogue, stack: str | None, runtime: str, client: Any = None) -> None:
    chosen = {"PythonRuntime": runtime}
    check_durable_functions(catalogue, catalogue.get(stack), "dev", chosen, lambda _: client)


@pytest.mark.parametrize("stack", [None, "orchestrator"])
@pytest.mark.parametrize("runtime", ["python3.11", "python3.12"])
def test_a_runtime_without_durable_functions_is_refused(catalogue: Catalogue, stack: str | None, runtime: str) -> None:
    with pytest.raises(DeployError, match=f"PythonRuntime is {runtime}: .* python3.13 and python3.14 only"):
        check(catalogue, stack, runtime)


@pytest.mark.parametrize("stack", ["validator", "shared"])
def test_other_functions_have_any_runtime_and_region(catalogue: Catalogue, stack: str) -> None:
    check(catalogue, stack, "python3.11")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("UnknownOperationException", ""),
        ("AccessDeniedException", "Unable to determine service/operation name to be authorized"),
    ],
)
def test_a_region_without_durable_functions_is_refused(catalogue: Catalogue, code: str, message: str) -> None:
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error(LIST, code, message, expected_params=ASKED)

        with pytest.raises(DeployError, match=f"no durable functions in mx-central-1: .* answered {code}"):
            check(catalogue, None, "python3.14", client)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "TooManyRequestsException"])
def test_an_answer_of_the_operation_shows_that_the_region_has_it(catalogue: Catalogue, code: str) -> None:
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error(LIST, code, "User: arn is not authorized to perform it", expected_params=ASKED)
        check(catalogue, None, "python3.13", client)


def test_executions_show_that_the_region_has_it(catalogue: Catalogue) -> None:
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_response(LIST, {"DurableExecutions": []}, ASKED)
        check(catalogue, None, "python3.14", client)


def test_a_region_without_lambda_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DeployError, match="nothing answers for Lambda in nowhere-1"):
        check(catalogue, None, "python3.14", lambda_client("nowhere-1", "http://127.0.0.1:9"))
