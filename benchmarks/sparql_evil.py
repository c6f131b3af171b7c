"""200 evil queries, and what another client's small queries take meanwhile.

Run with ``python -m benchmarks.sparql_evil [SECONDS]``, on a quiet machine. Eight callers at one address ask queries
that would take for ever, no two of them the same, each with a deadline; another client asks small ones, no two of them
the same, one after the other. Said are how late after its deadline each evil query ended at its caller, and how long
the small ones took, beside what they take when nobody else asks.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

import httpx

from benchmarks.serving import ours, store

EVIL = (
    "SELECT DISTINCT ?a ?f ?i { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STRSTARTS(SHA512(CONCAT(STR(?a),STR(?f))),'000000000')) }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } OFFSET 999999999999",
    "SELECT (COUNT(*) AS ?n) { OPTIONAL { ?a ?b ?c } OPTIONAL { ?d ?e ?f } OPTIONAL { ?g ?h ?i } }",
    "SELECT (COUNT(*) AS ?n) { ?a (!<urn:none>)* ?b . ?b (!<urn:none>)* ?c }",
    "SELECT * { ?a ((!<urn:none>)*)* ?b . ?b ((!<urn:none>)+)+ ?c } ORDER BY ?a ?c",
    "SELECT ?a { ?a ?b ?c . ?d ?e ?f } ORDER BY RAND()",
    "SELECT (GROUP_CONCAT(CONCAT(STR(?a),STR(?f))) AS ?t) { ?a ?b ?c . ?d ?e ?f }",
)
SMALL = "SELECT * { <https://w3id.org/evigraph/drug/ketamine> ?p ?o FILTER(?p != <urn:none:%d>) } LIMIT 1"
QUERIES, CALLERS = 200, 8
_PAUSE = 0.01


async def evil(address: str, seconds: float) -> tuple[list[float], Counter[str]]:
    """Ask all evil queries, and return how late each ended, in seconds, and how."""
    late: list[float] = []
    ends: Counter[str] = Counter()
    texts = iter([f"{text} # {number}" for number, text in zip(range(QUERIES), itertools.cycle(EVIL), strict=False)])
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=CALLERS)) as client:

        async def ask() -> None:
            for text in texts:
                started = time.perf_counter()
                try:
                    told = await client.post(address, data={"query": text, "timeout": str(seconds)})
                    ends[str(told.status_code)] += 1
                except httpx.RemoteProtocolError:
                    ends["broken off"] += 1
                late.append(time.perf_counter() - started - seconds)

        await asyncio.gather(*(ask() for _ in range(CALLERS)))
    return late, ends


def small(address: str, until: Event, told: Connection) -> None:
    """Ask small queries from another address until told to stop, and tell how long each took, in seconds."""
    taken: list[float] = []
    with httpx.Client(timeout=60, transport=httpx.HTTPTransport(local_address="127.0.0.2")) as client:
        for number in itertools.count(int(time.time() * 1000)):
            started = time.perf_counter()
            client.get(address, params={"query": SMALL % number}).raise_for_status()
            taken.append(time.perf_counter() - started)
            if until.wait(_PAUSE):
                break
    told.send(taken)


@contextmanager
def another(address: str) -> Iterator[list[float]]:
    """Have another client, a process of its own, ask small queries meanwhile; its times are there at the end."""
    processes, taken = get_context("spawn"), list[float]()
    until, (ours_, theirs) = processes.Event(), processes.Pipe(duplex=False)
    client = processes.Process(target=small, args=(address, until, theirs))
    client.start()
    yield taken
    until.set()
    taken += ours_.recv()
    client.join()


def measure(address: str, seconds: float) -> None:
    """Measure, and print."""
    with another(address) as alone:
        time.sleep(4.0)
    shown("small queries alone", alone)
    with another(address) as meanwhile:
        time.sleep(1.0)
        began = time.perf_counter()
        late, ends = asyncio.run(evil(address, seconds))
        lasted = time.perf_counter() - began
    shown("small queries meanwhile", meanwhile)
    shown(f"{len(late)} evil queries, late by", late)
    print(f"their ends: {dict(ends)}, all in {lasted:.1f} s; later than 250 ms: {sum(1 for s in late if s > 0.25)}")


def shown(name: str, seconds: list[float]) -> None:
    """Print a line about some times."""
    ordered = sorted(seconds)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.99))
    print(f"{name:32} p50 {p50 * 1000:7.1f} ms   p99 {p99 * 1000:7.1f} ms   worst {ordered[-1] * 1000:7.1f} ms")


def main(seconds: float = 0.5) -> None:
    """Serve the bundled evidence, and measure."""
    print(f"deadline {seconds} s; load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with store() as url, ours(url) as address:
        measure(address, seconds)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
