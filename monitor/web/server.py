"""The server around the page: one port, one thread, until it is closed."""

from __future__ import annotations

import socket
import sys
import threading
import time

import uvicorn
from fastapi import FastAPI

from monitor.model.problem import Problem, Problems, reason_of

_PATIENCE = 5.0
# Seconds after which who reckons lets another in: a page goes from thread to thread, and would wait at each change for as long as
# an evaluation may run on, which is ten times as much unless it is said otherwise.
_TURN = 0.0005


class WebServer:
    """Serves an application on a port (0: any free one) until closed. Raises Problems when the port cannot be had."""

    def __init__(self, app: FastAPI, port: int, address: str = "127.0.0.1") -> None:
        try:
            self._socket = socket.create_server((address, port), family=socket.AF_INET, backlog=512)
        except OSError as error:
            message = "the health page cannot have the port {found}: {reason}"
            raise Problems([Problem("--port", message, {"found": port, "reason": reason_of(error)})]) from None
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=2, server_header=False
        )
        self._server = uvicorn.Server(config)
        sys.setswitchinterval(_TURN)
        run = self._server.run
        self._thread = threading.Thread(target=run, kwargs={"sockets": [self._socket]}, name="web", daemon=True)
        self._thread.start()
        until = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._socket.close()

    def wait(self) -> None:
        """Until it is closed, or the process is told to stop."""
        while self._thread.is_alive():
            self._thread.join(0.5)
