"""The server as a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.api.asking import QUESTION

pytestmark = pytest.mark.server
CODE = (
    "import sys; from api.serve import serve; from kg.settings import Settings; "
    "serve(Settings.read(sys.argv[1]), '127.0.0.1', int(sys.argv[2]))"
)


def command(store_url: str, port: int = 0) -> list[str]:
    return [sys.executable, "-c", CODE, store_url, str(port)]


def raw(address: str, request: bytes) -> bytes:
    """Send bytes as they are, and return what comes back until the server closes or falls silent."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        connection.settimeout(1)
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
        except OSError:
            pass
        return found


@contextmanager
def served(store_url: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with subprocess.Popen(
        command(store_url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("serving on http://127.0.0.1:"), process.communicate(timeout=10)
            yield line.split()[-1].rstrip("/"), process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_process_serves_and_stops_cleanly(store_url: str, stop: signal.Signals) -> None:
    with served(store_url) as (address, process):
        with httpx.Client(base_url=address, timeout=30) as client:
            assert client.get("/health/ready").json()["status"] == "ready"
            found = client.get("/answer", params=QUESTION)
            assert round(found.json()["estimate"], 2) == -15.79
            head = client.head("/answer", params=QUESTION)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == found.headers["content-length"]
            tag = found.headers["etag"]
            assert client.get("/answer", params=QUESTION, headers={"if-none-match": tag}).status_code == 304
            assert "server" not in found.headers
            times = sorted(client.get("/health/live").elapsed.total_seconds() for _ in range(21))
            assert times[5] < 0.03, "responses wait for the acknowledgement of their headers"
            assert raw(address, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 4")
            smuggled = b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
            both = b"Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            assert raw(address, b"POST /sparql HTTP/1.1\r\n" + both + smuggled).count(b"HTTP/1.1") == 1
            assert client.get("/health/live").status_code == 200
        process.send_signal(stop)
        out, errors = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
        logged = [json.loads(line) for line in errors.splitlines()]
        assert {"/answer", "/health/live"} <= {entry.get("path") for entry in logged}
        assert all(entry.get("status", 400) < 500 for entry in logged)


def test_a_port_in_use_is_said_without_a_traceback(store_url: str) -> None:
    from api.serve import serve
    from kg.errors import InputRefused
    from kg.settings import Settings

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputRefused, match=f"port {port} of 127.0.0.1 is in use"):
            serve(Settings.read(store_url), "127.0.0.1", port)
    with pytest.raises(InputRefused, match="cannot be listened on"):
        serve(Settings.read(store_url), "203.0.113.1", 0)


def test_a_store_that_is_missing_is_said_without_a_traceback(tmp_path: Path) -> None:
    from api.serve import serve
    from kg.errors import StoreUnavailable
    from kg.settings import Settings

    with pytest.raises(StoreUnavailable):
        serve(Settings.read(f"oxigraph:{tmp_path / 'nothing'}"), "127.0.0.1", 0)


def test_several_processes_serve_on_one_address(store_url: str) -> None:
    code = CODE.replace("int(sys.argv[2]))", "int(sys.argv[2]), processes=2)")
    code = "if __name__ == '__main__':\n    " + code
    with subprocess.Popen(
        [sys.executable, "-c", code, store_url, "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1].rstrip("/")
            for _ in range(8):  # connections of their own, which either of them may take
                with httpx.Client(base_url=address, timeout=30) as client:
                    assert client.get("/health/ready").json()["status"] == "ready"
                    assert client.get("/sparql", params={"query": "ASK {}"}).json()["boolean"] is True
                    times = sorted(client.get("/health/live").elapsed.total_seconds() for _ in range(11))
                    assert times[3] < 0.03, "responses wait for the acknowledgement of their headers"
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=30)
            assert (process.returncode, out) == (0, "")
        finally:
            process.kill()


def test_a_service_that_takes_writes_is_one_process(store_url: str, tmp_path: Path) -> None:
    from api.serve import serve
    from kg import keys
    from kg.errors import InputRefused
    from kg.settings import Settings

    keys.add(tmp_path / "keys", "alice")
    for settings in (Settings(store=store_url, keys=str(tmp_path / "keys")), Settings(store="memory:")):
        with pytest.raises(InputRefused, match="--workers"):
            serve(settings, "127.0.0.1", 0, processes=2)
