"""Keys: shown once, kept as hashes, found by the whole of them and by nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kg import keys
from kg.errors import InputRefused, StoreUnavailable
from kg.keys import Keys, hashed
from kg.settings import Settings


def settings(folder: Path, configured: str | None = None) -> Settings:
    return Settings(store=f"oxigraph:{folder}", keys=configured)


def test_a_key_is_known_by_its_holder_and_kept_as_a_hash(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    key = keys.add(place, "alice")
    other = keys.add(place, "bob")
    known = Keys.of(settings(tmp_path))
    assert (known.holder(key), known.holder(other)) == ("alice", "bob")
    assert key not in place.read_text()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    for wrong in ("", key[:-1], key + "x", key.upper(), hashed(key), "alice", "é", "\ud800"):
        assert known.holder(wrong) is None
    assert len(key) > 40
    assert key != other


def test_keys_may_stand_in_the_setting_or_in_a_file_of_its_own(tmp_path: Path) -> None:
    entry = f"carol:{hashed('a key')}"
    assert Keys.of(settings(tmp_path, entry)).holder("a key") == "carol"
    assert Keys.of(Settings(store="memory:", keys=entry)).holder("a key") == "carol"
    file = tmp_path / "elsewhere"
    file.write_text(f"# ours\n{entry}\n\ndave:{hashed('another')}")
    assert Keys.of(settings(tmp_path, str(file))).holder("another") == "dave"
    assert keys.add(file, "erin")
    assert set(Keys.of(settings(tmp_path, str(file))).hashes) == {"carol", "dave", "erin"}


def test_without_keys_nobody_writes(tmp_path: Path) -> None:
    assert not Keys.of(settings(tmp_path))
    assert not Keys.of(Settings(store="memory:"))
    assert Keys({}).holder("") is None


def test_what_is_no_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="EVIGRAPH_KEYS"):
        Keys.of(settings(tmp_path, str(tmp_path / "nothing")))
    file = tmp_path / "keys"
    for text, says in (("alice:plain-text-key", "entry 1"), (f"a:{'0' * 64}\na:{'1' * 64}", "twice")):
        file.write_text(text)
        with pytest.raises(InputRefused, match=says):
            Keys.of(settings(tmp_path))


@pytest.mark.parametrize("name", ["", "a b", "-x", "é", "a:b", "a\nb", "x" * 65])
def test_a_name_is_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused, match="holder's name"):
        keys.add(tmp_path / "keys", name)


def test_one_holder_has_one_key(tmp_path: Path) -> None:
    keys.add(tmp_path / "keys", "alice")
    with pytest.raises(InputRefused, match="alice has a key"):
        keys.add(tmp_path / "keys", "alice")
    with pytest.raises(StoreUnavailable, match="build the store"):
        keys.add(tmp_path / "nothing" / "keys", "alice")
