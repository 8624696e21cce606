"""The baselines that are deployed with the pipeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from bench.latency import PROFILES
from bench.variants import BASELINES, DURABLE_BASELINES, OURS, PLAIN, QUEUES, default_of
from local_aws.deploy.parameters import problems
from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES

from bench.baselines import copy_with_baselines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    copy_with_baselines(folder)
    return folder


def template(copy: Path, service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((copy / "services" / service / "template.yaml").read_text())
    return found


def test_the_batches_of_this_pipeline_have_the_size_of_the_template() -> None:
    assert OURS.batch_size == default_of("BatchSize")


def test_each_baseline_has_a_queue_of_its_own(copy: Path) -> None:
    services = {"plain", *(variant.name for variant in DURABLE_BASELINES)}
    names = [
        resource["Properties"]["QueueName"]["Fn::Sub"]
        for service in sorted(services)
        for resource in template(copy, service)["Resources"].values()
        if resource["Type"] == "AWS::SQS::Queue"
    ]

    assert len(set(names)) == len(names)
    assert {name.removeprefix("${EnvironmentName}") for name in names} == {
        queue for variant in BASELINES for queue in variant.queues
    }


def test_each_step_sends_to_the_queue_of_the_next(copy: Path) -> None:
    resources = template(copy, "plain")["Resources"]
    steps = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in resources.values()
        if "STEP" in str(resource["Properties"].get("Environment"))
    ]

    following = {one["STEP"]: one["NEXT_QUEUE_URL"]["Ref"] for one in steps if "NEXT_QUEUE_URL" in one}
    queues = {step: resources[queue]["Properties"]["QueueName"]["Fn::Sub"] for step, queue in following.items()}
    assert queues == {
        "validator": "${EnvironmentName}-durable-pipeline-queues-transformer",
        "transformer": "${EnvironmentName}-durable-pipeline-queues-storer",
    }
    assert {one["STEP"] for one in steps} - following.keys() == {"storer"}


def test_all_handlers_print_their_times(copy: Path) -> None:
    files = [f"services/{name}/src/{name}/handler.py" for name in ("orchestrator", *SERVICES)]
    files += [f"services/{one.name}/src/orchestrator/{one.name}.py" for one in DURABLE_BASELINES]
    files += [f"services/plain/src/plain/{name}.py" for name in ("handler", "queues")]

    assert [file for file in files if "handler = _timed(handler)" not in (copy / file).read_text()] == []


def test_the_durable_baselines_have_the_patch_of_the_sdk(copy: Path) -> None:
    files = [f"services/{one.name}/src/orchestrator/{one.name}.py" for one in DURABLE_BASELINES]

    assert [file for file in files if "sdk_patch.patch()" not in (copy / file).read_text()] == []


def test_the_ordinary_functions_have_the_logic_of_all_services_and_one_handler(copy: Path) -> None:
    source = copy / "services" / "plain" / "src"

    assert [path.parent.name for path in source.glob("*/handler.py")] == ["plain"]
    assert {path.name for path in source.iterdir()} == {*SERVICES, "plain"}
    assert {variant.steps for variant in PLAIN if variant is not QUEUES} == {("plain",)}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_template_takes_the_parameters_of_a_profile(profile: Any) -> None:
    declared = parse_template((REPOSITORY / "infra" / "template.yaml").read_text(encoding="utf-8"))["Parameters"]

    assert list(problems(declared, profile.parameters)) == []
    assert profile.number("BatchSize") <= 10 or profile.number("BatchingWindowSeconds") >= 1
