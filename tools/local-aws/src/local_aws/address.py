"""The address of a run that stays up: the same at each start, and one such run per folder."""

from __future__ import annotations

import argparse
import fcntl
import os
import socket
from contextlib import suppress
from typing import IO, TYPE_CHECKING

import psutil

from local_aws.errors import EmulatorError
from local_aws.ports import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PORT = 20450
"""Below the ports for outgoing connections; neither it nor the next one is in a common /etc/services."""

_PORTS = range(1024, 65535)
_USERS = {0: "the endpoint for clients", 1: "MiniStack, which the URLs of the queues name"}


def ministack_port(port: int) -> int:
    """Return the port of MiniStack beside that of the endpoint for clients."""
    return port + 1


def claim(folder: Path, port: int) -> IO[str]:
    """Claim the only address of a folder, until the returned file is closed or its process ends.

    Raises EmulatorError, with the address of the other run, if another run has claimed it.
    """
    file = (folder / "address").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        first = file.read().strip() or "a run that is starting"
        file.close()
        raise EmulatorError(
            f"{first} is already up in this folder. Use it, with the variables in {folder / 'env'}, or end it with "
            f"Ctrl-C in its terminal before starting another"
        ) from error
    file.truncate(0)
    file.write(f"http://{LOOPBACK}:{port} (process {os.getpid()})\n")
    file.flush()
    return file


def check_ports(port: int) -> None:
    """Raise EmulatorError if another program listens on a port that a run at this address needs."""
    for offset, user in _USERS.items():
        if not _is_free(port + offset):
            raise EmulatorError(
                f"port {port + offset} is taken{_holder(port + offset)}, and is needed for {user}. End the process "
                f"that listens there, or choose another port with --port: it and the next one must be free"
            )


def add_port_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--port``."""
    told = f"port of the endpoint; the next port must be free too (default: {DEFAULT_PORT})"
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, metavar="N", help=told)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # As the servers do: remains of closed connections do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    # The system does not reveal it to every user.
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""


def _port(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or int(text[:6]) not in _PORTS:
        raise argparse.ArgumentTypeError(f"expected a number from {_PORTS[0]} to {_PORTS[-1]}, got {text[:40]!r}")
    return int(text)
