"""Installing from uv's cache, and from an index only for what the cache lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from service_build import build as build_service
from service_build import uv_install
from service_build.build import Target

ROOT = Path(__file__).parents[3]
VALIDATOR = ROOT / "services/validator"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, "http://127.0.0.1:9")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def fake_uv(folder: Path, status_offline: int) -> str:
    """Make a uv that reports its calls, and exits with the given status when it may not use an index."""
    program = folder / "uv"
    program.write_text(
        f'#!/bin/sh\necho "$* PYTHONPATH=$PYTHONPATH" >>"{folder}/calls"\n'
        f'case "$*" in *--offline*) exit {status_offline} ;; esac\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.usefixtures("no_network")
def test_a_service_is_built_without_a_network_once_it_has_been_built(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as online:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            online.delenv(name)
        build_service.build(VALIDATOR, tmp_path / "first", Target.parse("host"))

    build_service.build(VALIDATOR, tmp_path / "second", Target.parse("host"))

    assert (tmp_path / "second/validator/handler.py").is_file()


@pytest.mark.parametrize(("status_offline", "options"), [(0, ["--offline "]), (2, ["--offline ", ""])])
def test_an_index_is_asked_for_what_the_cache_lacks_and_python_settings_reach_no_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status_offline: int, options: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/foreign")

    assert uv_install.install(fake_uv(tmp_path, status_offline), ["boto3"]) == 0

    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [f"pip install boto3 {option}PYTHONPATH=" for option in options]


def test_an_installation_that_fails_says_why(tmp_path: Path) -> None:
    command = [sys.executable, uv_install.__file__, "--python", str(tmp_path / "nowhere"), "boto3"]

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.returncode != 0
    assert "nowhere" in ran.stderr
