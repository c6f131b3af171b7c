"""``kg review --all``: the review of every protocol of a store, one after the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.test_commands import answered, kg
from tests.review.test_revman_settings import FILE


@pytest.fixture(scope="module")
def store(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a second review, from a file of RevMan."""
    folder = tmp_path_factory.mktemp("reviews")
    shutil.copytree(store_url.partition(":")[2], folder / "store")
    (folder / "coffee.rm5").write_bytes(FILE)
    url = f"oxigraph:{folder / 'store'}"
    done = kg(url, "import", str(folder / "coffee.rm5"))
    assert "refused" not in done.stderr, done.stderr
    return url


def test_every_review_is_answered_with_all_its_analyses(store: str) -> None:
    found = answered(store, "review", "--all")["reviews"]
    assert {review["protocol"]: len(review["analyses"]) for review in found} == {"cd015373": 95, "cd999999": 13}
    alone = answered(store, "review", "cd999999")
    (same,) = (review for review in found if review["protocol"] == "cd999999")
    assert [a["id"] for a in same["analyses"]] == [a["id"] for a in alone["analyses"]]


def test_the_text_has_each_review_and_the_sum(store: str) -> None:
    done = kg(store, "review", "--all")
    assert done.returncode == 0
    assert "95 analyses, 118 pools, 114 estimable" in done.stdout
    assert "NMDA receptor antagonists for chronic pain" in done.stdout
    assert "(CD999999)" in done.stdout
    assert done.stdout.rstrip().endswith("2 reviews, 108 analyses")


def test_plots_of_all_reviews_stand_in_one_folder(store: str, tmp_path: Path) -> None:
    done = kg(store, "review", "--all", "--plots", str(tmp_path / "plots"))
    assert done.returncode == 0
    names = {path.stem for path in (tmp_path / "plots").glob("*.svg")}
    assert {"CD015373-1.1", "cd999999-1.1"} <= names
    assert len(names) == 108


def test_one_review_and_all_reviews_exclude_each_other(store: str) -> None:
    done = kg(store, "review", "cd015373", "--all")
    assert done.returncode == 2
    assert "leave one of the two out" in done.stderr


def test_an_empty_store_has_no_review(tmp_path: Path) -> None:
    done = kg(f"oxigraph:{tmp_path / 'none'}", "review", "--all")
    assert done.returncode in (1, 3)
    assert "kg build" in done.stderr
