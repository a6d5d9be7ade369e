"""What systemd is told: that the service is ready, still well, reloading, stopping. Without systemd nobody is told."""

from __future__ import annotations

import os
import socket
import time


def notify(state: str) -> None:
    """One datagram to the socket that systemd names, as sd_notify(3) describes it. The one package for it is no
    longer kept up.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        out.sendall(state.encode())


def reloading() -> None:
    """The files are being read again; with the time, as Type=notify-reload asks."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear that all is well (half of its patience), or None when it does not ask."""
    patience = os.environ.get("WATCHDOG_USEC")
    return int(patience) / 2_000_000 if patience else None
