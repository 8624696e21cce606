"""The runs of growth, and their deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench.capacity import BATCH_BYTES
from bench.growth import ALONE, FULL, POINTS, Point
from bench.usage import EVENT_BYTES
from local_aws.deploy.parameters import problems
from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY

from bench import plots

if TYPE_CHECKING:
    from pathlib import Path


def test_each_backlog_of_a_run_is_full() -> None:
    assert Point("messages", messages=1_000, batch_size=400).count == 1_600
    assert Point("messages", messages=1_601, batch_size=400).count == 3_200


@pytest.mark.parametrize("point", [*POINTS, *FULL], ids=str)
def test_a_run_has_the_batches_that_come_one_after_the_other(point: Point) -> None:
    assert point.count >= ALONE * point.batch_size
    assert point.count % point.batch_size == 0


@pytest.mark.parametrize("point", [*POINTS, *FULL], ids=str)
def test_a_batch_is_closed_by_its_size_and_not_by_its_bytes(point: Point) -> None:
    assert point.batch_size * (point.size + EVENT_BYTES) <= BATCH_BYTES


@pytest.mark.parametrize("point", [*POINTS, *FULL], ids=str)
def test_the_template_takes_the_parameters_of_each_run(point: Point) -> None:
    template = parse_template((REPOSITORY / "infra" / "template.yaml").read_text(encoding="utf-8"))

    assert list(problems(template["Parameters"], point.deployment)) == []


def test_the_memory_of_functions_and_emulator_is_drawn_with_their_names(tmp_path: Path) -> None:
    samples = [{"seconds": second, "storer": 40.0, "MiniStack": 100.0 + second} for second in (0.0, 1.0)]

    plots.write_memory({"samples": samples}, tmp_path)

    drawn = (tmp_path / "memory.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in drawn for name in ("storer", "MiniStack", "functions, MB", "emulator, MB"))
