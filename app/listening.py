"""Listening sockets."""

import os
import socket

from app.settings import Settings

BACKLOG = 2048
"""How many connections the system keeps waiting until they are accepted."""


class CannotListen(OSError):
    """An address is taken, or is none of this machine's."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket.

    Args:
        host: The address.
        port: The port.
        setting: How another port is named, for whoever reads that this one cannot be had.

    Raises:
        CannotListen: The address is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Whoever is accepted inherits it: an answer is not held back to be sent with the next.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno).lower() if error.errno else error
        message = f"cannot serve on {host}:{port}: {reason}; name another with {setting}"
        raise CannotListen(message) from error
    return listener


def listen_for_metrics(settings: Settings) -> socket.socket | None:
    """Return the socket where Prometheus asks, if it is to ask.

    Raises:
        CannotListen: The address is taken, or is none of this machine's.
    """
    if settings.metrics_port is None:
        return None
    return listen(settings.metrics_host, settings.metrics_port, "COFFER_METRICS_PORT")
