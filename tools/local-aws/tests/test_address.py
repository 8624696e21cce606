"""The address of a run that stays up."""

from __future__ import annotations

import argparse
import os
import socket
from typing import TYPE_CHECKING

import pytest
from local_aws.address import DEFAULT_PORT, add_port_option, check_ports
from local_aws.errors import EmulatorError
from local_aws.run_folder import RunFolder
from local_aws.testing.toy_application import free_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def first(tmp_path: Path) -> Iterator[RunFolder]:
    run = RunFolder.create(tmp_path, print)
    yield run
    run.close(keep_logs=False)


@pytest.fixture
def second(tmp_path: Path) -> Iterator[RunFolder]:
    run = RunFolder.create(tmp_path, print)
    yield run
    run.close(keep_logs=False)


def test_a_second_run_of_a_folder_is_refused_with_the_address_of_the_first(
    tmp_path: Path, first: RunFolder, second: RunFolder
) -> None:
    port = free_address()
    first.claim_address(port)

    with pytest.raises(EmulatorError) as refusal:
        second.claim_address(free_address())

    assert str(refusal.value) == (
        f"http://127.0.0.1:{port} (process {os.getpid()}) is already up in this folder. Use it, with the variables in "
        f"{tmp_path}/.emulator/env, or end it with Ctrl-C in its terminal before starting another"
    )


def test_the_address_is_free_again_after_the_first_run(tmp_path: Path, second: RunFolder) -> None:
    port = free_address()
    first = RunFolder.create(tmp_path, print)
    first.claim_address(port)
    first.close(keep_logs=False)

    second.claim_address(port)

    assert (tmp_path / ".emulator" / "address").read_text() == f"http://127.0.0.1:{port} (process {os.getpid()})\n"


@pytest.mark.parametrize(
    ("offset", "user"), [(0, "the endpoint for clients"), (1, "MiniStack, which the URLs of the queues name")]
)
def test_a_port_that_is_taken_is_refused_with_who_needs_it_and_who_has_it(offset: int, user: str) -> None:
    port = free_address()
    with socket.create_server(("127.0.0.1", port + offset)), pytest.raises(EmulatorError) as refusal:
        check_ports(port)

    told = str(refusal.value)
    assert told.startswith(f"port {port + offset} is taken by ")
    assert f"(process {os.getpid()}), and is needed for {user}." in told
    assert "choose another port with --port" in told


def test_what_is_left_of_ended_connections_takes_no_port() -> None:
    port = free_address()
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        accepted.close()  # it waits in this end of the connection
        client.recv(1)

    check_ports(port)


@pytest.mark.parametrize("text", ["0", "1023", "65535", "9" * 5000, "-1", "²", "http"])
def test_an_invalid_port_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_port_option(parser)

    with pytest.raises(SystemExit):
        parser.parse_args([f"--port={text}"])

    assert "expected a number from 1024 to 65534, got " in capsys.readouterr().err
    assert parser.parse_args([]).port == DEFAULT_PORT
