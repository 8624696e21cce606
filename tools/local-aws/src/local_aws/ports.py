"""Free ports on the loopback interface."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def reserve_port() -> int:
    """Find a free port that no other program receives within the next minute.

    A connection to the port is opened and closed from the listening side, which leaves the port in TIME_WAIT: the
    kernel then assigns it to nobody who asks for any port, while a server that asks for it by number (with
    SO_REUSEADDR, as both emulators do) gets it. Without that, two emulators that start together could receive the
    same number. The method is that of https://github.com/Yelp/ephemeral-port-reserve.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, 0))
        listener.listen(1)
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            accepted.close()
        port: int = listener.getsockname()[1]
    return port
