"""Answers to eight clients, the same question again and again and one that is new each time.

Run with ``python -m benchmarks.answers_load [SIZE ...]``, with wrk installed, after ``benchmarks.scale`` has built its
stores. A question is new by the day until which trials are published, from this year backwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.scale import ASKED, PLACE, SIZES, store
from benchmarks.serving import ours
from benchmarks.sparql_load import CLIENTS, Load, told

_NEW = """
local last, n = os.time({year = 2026, month = 1, day = 1}), 0
request = function()
  n = n + 1
  local day = os.date("!%Y-%m-%d", last - n * 86400)
  return wrk.format("GET", wrk.path .. "&published_by=" .. day, {Accept = "application/json"})
end
"""


def load(address: str, new: bool, seconds: int) -> Load:
    """Have wrk ask for some seconds."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "new.lua"
        script.write_text(_NEW, encoding="utf-8")
        options = ["-s", str(script)] if new else ["-H", "Accept: application/json"]
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", "--latency", *options, address]
        return told(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(sizes: list[int], seconds: int = 8) -> None:
    """Measure, and write the figures."""
    found = []
    for size in sizes:
        with ours(store(size)) as sparql:
            address = f"{sparql.removesuffix('sparql')}answer?{urlencode(ASKED)}"
            for questions, new in (("the same", False), ("new each time", True)):
                one = load(address, new, seconds)
                print(f"{size:>7}  {questions:14} {one}", flush=True)
                found.append({"trials": size, "questions": questions, **vars(one)})
    (PLACE / "answers.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
