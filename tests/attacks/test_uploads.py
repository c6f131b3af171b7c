"""Bodies that are bombs, no form at all, or name places where nothing of theirs belongs."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from tests.attacks import corpus
from tests.attacks.corpus import Item, pieces, size
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import Reply

pytestmark = pytest.mark.server
LARGEST, LARGEST_XML = 64 * 1024 * 1024, 32 * 1024 * 1024
RECORD = "?source=attacks&id=upload"
ENTRY = "record.json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize("item", [*corpus.items("xml", "upload"), *corpus.items("content", "upload")])
def test_a_body_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    def made() -> Iterator[bytes]:
        return pieces(item.input["body"], canary.address)

    length = size(item.input["body"], canary.address)
    headers = {"Content-Type": item.input["content_type"]}
    for place in ("/records", f"/records{RECORD}") if "json" not in item.input["content_type"] else ("/records",):
        with watched(server, canary, item) as told:
            for said in (length, None):
                reply = server.send("POST", place, headers, made(), said)
                told(reply)
                if length > (LARGEST_XML if "xml" in item.input["content_type"] else LARGEST):
                    assert reply.status == 413
                    assert reply.sent < length, "the whole body was read before it was refused"
                if reply.status >= 400:
                    assert reply.json()["detail"]


@pytest.mark.parametrize("item", corpus.items("content", "upload"))
def test_two_uploads_never_share_a_blank_node(server: Server, canary: Canary, item: Item) -> None:
    if "blank node" not in item.must["text"]:
        pytest.skip("no blank node in it")
    body = b"".join(pieces(item.input["body"], canary.address))
    for record in ("one", "two"):
        place = f"/records?source=attacks&id={record}"
        server.send("POST", place, {"Content-Type": item.input["content_type"]}, [body], len(body))
    rows = server.get("/queries/explore/label-search", text="urn:b")
    assert rows.status_code == 200
    assert all(not str(cell).startswith("_:") for row in rows.json()["rows"] for cell in row)


@pytest.mark.parametrize("item", corpus.items("compressed", "upload"))
def test_a_packed_body_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    body, headers = PACKED[item.input["encoding"]](pieces(item.input["plain"], canary.address))
    kind = {"Content-Type": item.input["content_type"]} | headers
    with watched(server, canary, item) as told:
        told(server.send("POST", "/records", kind, [body], len(body)))
        if "Content-Encoding" not in headers:  # as the item says it, and as the file of a form
            told(server.send("POST", "/records", {"Content-Type": item.input["content_type"]}, [body], len(body)))
            form = multipart("record" + SUFFIX[item.input["encoding"]], headers["Content-Type"], body)
            told(server.send("POST", "/records", FORM, [form], len(form)))
            for form_of in ("ctgov", "revman", "tables"):
                told(server.send("POST", f"/records?format={form_of}", kind, [body], len(body)))


@pytest.mark.parametrize("item", corpus.items("file_name", "upload"))
def test_a_file_name_is_never_a_path(server: Server, canary: Canary, item: Item, tmp_path: Path) -> None:
    before = _files(server)
    given = item.input
    if "zip" in given:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in given["zip"].items():
                archive.writestr(name, text)
        name, kind, body = "upload.zip", "application/zip", packed.getvalue()
    elif "as" in given:
        name, kind, body = given["as"], "text/csv", b"".join(pieces(given["text"], canary.address))
    else:
        assert set(given) == {"file_name", "content_type", "body"}, f"no place for {sorted(given)}"
        name, kind, body = given["file_name"], given["content_type"], b"".join(pieces(given["body"], canary.address))
    with watched(server, canary, item) as told:
        for query in ("", "?format=tables", "?format=revman", "?format=ctgov"):
            form = multipart(name, kind, body)
            reply = server.send("POST", f"/records{query}", FORM, [form], len(form))
            told(reply)
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert not reply.headers["content-type"].startswith("text/html")
            assert name not in str(reply.headers)
            assert not {"set-cookie", "location"} & reply.headers.keys()
            assert b"<script" not in reply.body
            assert b"<img" not in reply.body
    assert _files(server) == before
    if name.startswith("/"):
        assert not Path(name).exists()


@pytest.mark.parametrize("item", corpus.items("file_name", "http"))
def test_a_path_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    assert set(item.input) == {"method", "path"}, f"no place for {sorted(item.input)}"
    with watched(server, canary, item) as told:
        reply = server.send(item.input["method"], item.input["path"], length=0)
        told(reply)
        assert b"root:" not in reply.body
        assert server.key.encode() not in reply.body


def _files(server: Server) -> set[Path]:
    """Every file below the folder of the server but those of the store, and those of the temporary folders."""
    kept = (server.folder / "store", server.folder / "first")
    return {p for p in server.folder.rglob("*") if not any(p.is_relative_to(k) for k in kept)}


FORM = {"Content-Type": "multipart/form-data; boundary=attack"}


def multipart(name: str, kind: str, body: bytes) -> bytes:
    """Return the body of a form with one file, its name as browsers write it."""
    quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogatepass")
    head = b'--attack\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
    return head % (quoted, kind.encode()) + body + b"\r\n--attack--\r\n"


Packer = Callable[[Iterable[bytes]], tuple[bytes, dict[str, str]]]


def _deflated(plain: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj()
    return b"".join([*map(packer.compress, plain), packer.flush()])


def _gzipped(plain: Iterable[bytes]) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for piece in plain:
            file.write(piece)
    return packed.getvalue()


def _brotlied(plain: Iterable[bytes]) -> bytes:
    packer = brotli.Compressor(quality=4)
    return b"".join([*map(packer.process, plain), packer.finish()])


def _zstandarded(plain: Iterable[bytes]) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join([*map(packer.compress, plain), packer.flush()])


def _zipped(plain: Iterable[bytes], name: str = ENTRY, *others: tuple[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, text in others:
            archive.writestr(other, text)
        with archive.open(name, "w") as entry:
            for piece in plain:
                entry.write(piece)
    return packed.getvalue()


def _workbook(plain: Iterable[bytes]) -> bytes:
    """Return a workbook whose one sheet is a bomb."""
    import openpyxl

    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    parts = {info.filename: "" for info in zipfile.ZipFile(book).infolist()}
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name).decode() for name in parts if name != "xl/worksheets/sheet1.xml"}
    return _zipped(plain, "xl/worksheets/sheet1.xml", *parts.items())


def _encoded(coding: str, pack: Callable[[Iterable[bytes]], bytes], keep: float = 1.0) -> Packer:
    def packed(plain: Iterable[bytes]) -> tuple[bytes, dict[str, str]]:
        body = pack(plain)
        return body[: int(len(body) * keep)], {"Content-Encoding": coding}

    return packed


PACKED: dict[str, Packer] = {
    "gzip": _encoded("gzip", _gzipped),
    "deflate": _encoded("deflate", _deflated),
    "br": _encoded("br", _brotlied),
    "zstd": _encoded("zstd", _zstandarded),
    "gzip-truncated": _encoded("gzip", _gzipped, 0.5),
    "zip": lambda plain: (_zipped(plain), {"Content-Type": "application/zip"}),
    "xlsx": lambda plain: (_workbook(plain), {"Content-Type": XLSX}),
}
SUFFIX = {"zip": ".zip", "xlsx": ".xlsx"}


def test_a_sound_packed_body_is_read(server: Server) -> None:
    """Without it, a refusal would say nothing about its reason."""
    from tests.attacks.neutral import records
    from tests.attacks.test_trials import SOUND

    plain = _json(records(SOUND))
    for coding in ("gzip", "deflate", "br", "zstd"):
        body, headers = PACKED[coding]([plain])
        kind = {"Content-Type": "application/json"} | headers
        told: Reply = server.send("POST", "/records?dry_run=true", kind, [body], len(body))
        assert told.status == 200, told.body
    form = multipart(f"{os.sep}etc{os.sep}trial.json", "application/octet-stream", plain)
    assert server.send("POST", "/records?dry_run=true", FORM, [form], len(form)).status == 200


def _json(made: Any) -> bytes:
    import orjson

    return orjson.dumps(made)
