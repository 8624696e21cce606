"""The bill of materials of each service."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from supply_chain.sbom import bill_of as make
from supply_chain.sbom import main

REPOSITORY = Path(__file__).resolve().parents[3]
SERVICES = sorted(path.parent for path in REPOSITORY.glob("services/*/pyproject.toml"))

bill_of = cache(make)


@pytest.fixture(params=SERVICES, ids=lambda path: path.name)
def service(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_a_bill_has_every_pin_of_the_lock_with_its_hashes(service: Path) -> None:
    lock = (service / "requirements.lock").read_text()
    pins = set(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))

    bill = bill_of(service)

    assert {(component["name"], component["version"]) for component in bill["components"]} == pins
    hashes = [entry["value"] for component in bill["components"] for entry in component["properties"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:(\w{64})", lock))


def test_a_bill_says_what_it_is_of_and_what_that_asks_for_itself(service: Path) -> None:
    bill = bill_of(service)

    assert bill["metadata"]["component"]["name"] == f"durable-pipeline-{service.name}"
    (graph,) = bill["dependencies"]
    assert "durable-pipeline-contracts" in {ref.partition("@")[0] for ref in graph["dependsOn"]}
    assert len(graph["dependsOn"]) < len(bill["components"])


def test_a_bill_holds_no_address_and_no_path(service: Path) -> None:
    text = json.dumps(bill_of(service))

    assert re.findall(r"https?://[^\"]+", text) == ["http://cyclonedx.org/schema/bom-1.6.schema.json"]
    assert str(REPOSITORY) not in text
    assert "pkg:pypi/durable-pipeline" not in text


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        main([str(tmp_path / folder), str(SERVICES[0])])

    one, other = (tmp_path / folder / f"{SERVICES[0].name}.cdx.json" for folder in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
