"""Small queries by eight clients, and the first byte of a large result, beside rdflib-endpoint in one run.

Run with ``python -m benchmarks.sparql_load [SECONDS]``, on a quiet machine with wrk installed. Both services hold the
bundled evidence, rdflib-endpoint on Oxigraph, and are asked in turn by wrk on the same processors. ``same`` is one
query again and again, ``unique`` is never the same text twice. The first byte of a large result is compared with what
the engine itself takes for it in a process without a service.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx
import pyoxigraph as ox

from benchmarks.serving import ours, rdflib_endpoint, store
from kg.store import Folder

CLIENTS, ROUNDS = 8, 2
SMALL = "SELECT * { ?s a ?type } LIMIT 1"
UNIQUE = "SELECT * { <https://w3id.org/evigraph/drug/ketamine> ?p ?o FILTER(?p != <urn:none:"
UNIQUE_END = ">) } LIMIT 1"
LARGE = "SELECT * { { ?s ?p ?o } UNION { ?s ?p ?o } UNION { ?s ?p ?o } } LIMIT 60000"
ACCEPT = "application/sparql-results+json"
_SCRIPT = """
local n = tonumber(os.getenv("BEGIN"))
request = function()
  n = n + 1
  return wrk.format("GET", os.getenv("FROM") .. n .. os.getenv("TO"))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of a load: requests a second, and milliseconds that half and 99 of 100 took at most."""

    rate: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.rate:8.0f} requests/s   p50 {self.p50:6.1f} ms   p99 {self.p99:6.1f} ms"


def load(address: str, query: str | None, seconds: int) -> Load:
    """Have wrk ask a query for some seconds, or without one a new text each time.

    Raises SystemExit where an answer was no good one.
    """
    path = "/" + address.split("/", 3)[3]
    with TemporaryDirectory() as folder:
        script = Path(folder) / "unique.lua"
        script.write_text(_SCRIPT, encoding="utf-8")
        options = [address + f"?query={quote(query)}"] if query else ["-s", str(script), address]
        return told(
            subprocess.run(
                ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", "--latency", "-H", f"Accept: {ACCEPT}", *options],
                check=True,
                capture_output=True,
                text=True,
                env={
                    **os.environ,
                    "BEGIN": str(int(time.time() * 1000)),
                    "FROM": f"{path}?query={quote(UNIQUE)}",
                    "TO": quote(UNIQUE_END),
                },
            ).stdout
        )


def told(text: str) -> Load:
    """Return what wrk says of a load.

    Raises SystemExit where an answer was no good one.
    """
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate
    return Load(float(rate[1]), _milliseconds(text, "50%"), _milliseconds(text, "99%"))


def _milliseconds(text: str, part: str) -> float:
    found = re.search(rf"{part}\s+([\d.]+)(us|ms|s)", text)
    assert found
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def first_byte(address: str, runs: int = 9) -> float:
    """Return the median milliseconds until the first byte of a large result is there."""
    taken = []
    with httpx.Client(timeout=60) as client:
        for number in range(runs):
            text = f"{LARGE} # {number}"
            headers = {"accept": ACCEPT, "accept-encoding": "identity"}
            started = time.perf_counter()
            with client.stream("GET", address, params={"query": text}, headers=headers) as told:
                pieces = told.iter_raw()
                next(pieces)
                taken.append((time.perf_counter() - started) * 1000)
                for _ in pieces:
                    pass
    return statistics.median(taken)


class _First:
    """A file that notes when something is first written to it."""

    def __init__(self) -> None:
        self.at = 0.0

    def write(self, data: bytes) -> int:
        """Take a piece."""
        self.at = self.at or time.perf_counter()
        return len(data)

    def flush(self) -> None:
        """Do nothing."""


def engine_first_byte(url: str, runs: int = 9) -> float:
    """Return the same for the engine alone, in this process."""
    (checkpoint, *_) = Folder.at(url).published()
    engine = ox.Store.read_only(str(checkpoint.place))
    taken = []
    for _ in range(runs):
        first, started = _First(), time.perf_counter()
        found = engine.query(LARGE)
        assert isinstance(found, ox.QuerySolutions)
        found.serialize(first, ox.QueryResultsFormat.JSON)  # type: ignore[arg-type]
        taken.append((first.at - started) * 1000)
    return statistics.median(taken)


def main(seconds: int = 5) -> None:
    """Compare, and print."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed; install it, such as by apt-get install wrk")
    print(f"{CLIENTS} clients, {ROUNDS} rounds of {seconds} s; load before: {os.getloadavg()[0]:.1f}")
    with store() as url, ours(url) as here, rdflib_endpoint(url) as there:
        for name, query in (("same", SMALL), ("unique", None)):
            best: dict[str, Load] = {}
            for _ in range(ROUNDS):
                for who, address in (("evigraph", here), ("rdflib-endpoint", there)):
                    found = load(address, query, seconds)
                    print(f"{name:8}{who:18}{found}")
                    best[who] = max(best.get(who, found), found, key=lambda each: each.rate)
            print(f"{name:8}ratio {best['evigraph'].rate / best['rdflib-endpoint'].rate:.2f}")
        ours_, alone = first_byte(here), engine_first_byte(url)
        print(f"first byte of 60,000 rows: {ours_:.1f} ms, the engine alone {alone:.1f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
