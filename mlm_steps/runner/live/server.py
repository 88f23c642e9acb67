"""The server of the report: a process of its own that answers this machine alone.

It listens at the loopback address, under a path that begins with a random word, so that neither other
machines nor other users of this one can read the report. It refuses requests for other names than its own
address, which a page of another site could make this address stand for. It reads the files of the output
folder and writes nothing.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import IO
from urllib.parse import unquote, urlsplit

from mlm_steps.errors import Fault, UsageError
from mlm_steps.runner.live.pages import message_page, with_reload

__all__ = ["HOST", "Server", "State"]

HANDED = "MLM_SERVE"
"""Environment variable by which a server continues another: socket, token and the number of the report."""

HOST = "127.0.0.1"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".log": "text/plain; charset=utf-8",
}
"""The kinds of files that are served; a drawing or a page other than the report runs no script."""
BEAT = 10.0
"""Seconds after which an unchanged state is sent again, so that a browser that has gone is noticed."""
AGAIN = b"retry: 250\n\n"
"""Milliseconds after which a browser connects again to a server that has handed over."""
SEALED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@dataclass(frozen=True, slots=True)
class State:
    """What a browser is told.

    Attributes
    ----------
    report : int
        The number of the report: one more after each run that has written one.
    text : str
        What to show beside the report: that a run works, or why it has failed; empty for nothing.
    fault : bool
        Whether the text tells of a fault.
    out : str
        The output folder; empty while it is not known, since the spec may name it.
    """

    report: int = 0
    text: str = ""
    fault: bool = False
    out: str = ""


class Server:
    """The socket, and later the process, of the server.

    Parameters
    ----------
    port : int
        0 for any free port. A server that was handed over keeps its port.

    Attributes
    ----------
    report : int
        The number of the last report of the server that was handed over, otherwise 0.
    """

    def __init__(self, port: int) -> None:
        handed = os.environ.pop(HANDED, None)
        self._http = ThreadingHTTPServer((HOST, port), _Handler, bind_and_activate=False)
        self._http.daemon_threads = True
        if handed is None:
            self._token, self.report = secrets.token_urlsafe(16), 0
            self._listen(port)
        else:
            descriptor, self._token, report = handed.split(" ")
            self.report = int(report)
            self._http.socket.close()
            self._http.socket = socket(fileno=int(descriptor))
            self._http.socket.set_inheritable(False)
        self.port: int = self._http.socket.getsockname()[1]
        self._lifeline: IO[str] | None = None
        self._process = 0

    def _listen(self, port: int) -> None:
        try:
            self._http.server_bind()
            self._http.server_activate()
        except (OSError, OverflowError) as error:
            self._http.server_close()
            raise UsageError(
                Fault("--port", f"{port} cannot be used: {_reason(error)}", "leave it out for a free port")
            ) from None

    @property
    def address(self) -> str:
        """The address of the report."""
        return f"http://{HOST}:{self.port}/{self._token}/"

    def start(self) -> None:
        """Start the process; it ends with this one. This process must not have other threads yet."""
        reader, writer = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(writer)
            self._serve(reader)
        os.close(reader)
        self._lifeline = os.fdopen(writer, "w", encoding="utf-8")

    def tell(self, state: State) -> None:
        """Send a state to all browsers."""
        if self._lifeline is not None:
            with suppress(BrokenPipeError):
                self._lifeline.write(json.dumps(asdict(state)) + "\n")
                self._lifeline.flush()

    def hand_over(self, report: int) -> None:
        """End the process; the next ``Server`` of this process, or of what it executes, has the same address.

        Browsers connect again, and ``report`` is the number of the report that they show.
        """
        self._end()
        self._http.socket.set_inheritable(True)
        os.environ[HANDED] = f"{self._http.socket.detach()} {self._token} {report}"

    def close(self) -> None:
        """End the process and give up the port."""
        self._end()
        self._http.server_close()

    def _end(self) -> None:
        if self._lifeline is not None:
            with suppress(BrokenPipeError):
                self._lifeline.close()
            os.waitpid(self._process, 0)
            self._lifeline = None

    def _serve(self, reader: int) -> None:
        """Answer requests until the end of the pipe."""
        try:
            signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # the pipe ends with the process that was interrupted
            shared = Shared(self._token, self.port)
            self._http.RequestHandlerClass = partial(_Handler, shared)
            threading.Thread(target=self._http.serve_forever, daemon=True).start()
            with os.fdopen(reader, encoding="utf-8") as lines:
                for line in lines:
                    shared.change(State(**json.loads(line)))
        finally:
            os._exit(0)


def _reason(error: OSError | OverflowError) -> str:
    in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
    return "another program uses it" if in_use else str(error)


class Shared:
    """What the threads of the server share.

    Parameters
    ----------
    token : str
        The first part of every path.
    port : int
    """

    def __init__(self, token: str, port: int) -> None:
        self.token = token
        self.names = {f"{name}:{port}" for name in (HOST, "localhost")}
        self._changed = threading.Condition()
        self._state, self._number = State(), 0

    def change(self, state: State) -> None:
        """Set the state, and wake the threads that wait for another one."""
        with self._changed:
            self._state, self._number = state, self._number + 1
            self._changed.notify_all()

    def state(self) -> tuple[State, int]:
        """Return the state and its number."""
        with self._changed:
            return self._state, self._number

    def after(self, number: int) -> tuple[State, int]:
        """Return the state when it has another number, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._number != number, BEAT)
            return self._state, self._number


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server_version, sys_version = "mlm", ""
    protocol_version = "HTTP/1.0"

    def __init__(self, shared: Shared, *words: object) -> None:
        self._shared = shared
        super().__init__(*words)  # type: ignore[arg-type]  # what the server gives

    def do_GET(self) -> None:
        """Answer a request for the report, for the events, or for a file of the output folder."""
        if self.headers.get("Host", "") not in self._shared.names:
            self.send_error(403, explain="this server answers to its own address only")
            return
        token, _, path = unquote(urlsplit(self.path).path).removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self._shared.token.encode()):
            self.send_error(404, explain="open the address that mlm serve prints")
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            {"": self._report, "events": self._events}.get(path, partial(self._file, path))()

    def _report(self) -> None:
        state, _ = self._shared.state()
        try:
            page = (Path(state.out) / "report.html").read_text(encoding="utf-8")
        except OSError:
            text = "It appears here when a run has written it. A spec may leave out the format html."
            page = message_page("There is no report yet", text)
        nonce = secrets.token_urlsafe(16)
        page, policy = with_reload(page, nonce, state.report)
        self._send(page.encode(), TYPES[".html"], policy)

    def _events(self) -> None:
        """Send each state as an event until the browser has gone."""
        self._head("text/event-stream", SEALED)
        self.wfile.write(AGAIN)
        state, number = self._shared.state()
        while True:
            self.wfile.write(f"data: {json.dumps(asdict(state))}\n\n".encode())
            state, number = self._shared.after(number)

    def _file(self, path: str) -> None:
        folder = self._shared.state()[0].out
        try:
            out = Path(folder).resolve()
            file = (out / path).resolve()
            known = bool(folder) and file.is_relative_to(out) and file.is_file() and file.suffix in TYPES
            content = file.read_bytes() if known else None
        except (OSError, ValueError):
            content = None
        if content is None:
            self.send_error(404)
            return
        self._send(content, TYPES[file.suffix], SEALED)

    def _send(self, content: bytes, kind: str, policy: str) -> None:
        self._head(kind, policy, len(content))
        self.wfile.write(content)

    def _head(self, kind: str, policy: str, size: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: the terminal shows the runs."""
