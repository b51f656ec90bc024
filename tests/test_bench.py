"""The benchmark's own promises: its databases are sound ones, and its table says what was measured."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from bench import cast, moving, report, scales
from bench.bodies import files
from bench.hand import Hand
from bench.house import House
from bench.lines import Line, by_turns
from bench.operations import send
from bench.pgbench import quoted
from saraban.app import create_office
from saraban.queries.check import check
from saraban.queries.who_is_asking import who_is_asking
from saraban.settings import Settings


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of a tiny area, made once: both engines hold the same rows."""
    folder = tmp_path_factory.mktemp("bench") / "toy"
    scales.build(scales.SCALES["toy"], folder)
    return folder


@pytest.mark.parametrize("engine", ["embedded", "cluster"])
def test_check_is_content_with_a_made_database_and_with_what_the_floor_does_by_hand(
    toy: Path, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = Settings(data=tmp_path / "toy")
    shutil.copytree(toy, settings.data)
    if engine == "cluster":
        settings = Settings(data=settings.data, database_url=request.getfixturevalue("database_url"))
        moving.copy_to_postgres(toy / "saraban.db", settings.database)
    with contextlib.closing(Hand(_unserved(settings))) as hand:
        send.send_by_hand(hand, settings.data / "files", files(1, 1000))
    office = create_office(settings)
    try:
        found = check(office)
        assert found.wrong == []
        scale = scales.SCALES["toy"]
        letters = scale.years * (scale.outgoing + scale.incoming)
        assert found.counted["receipts"] > 0
        assert found.counted["entries"] == letters + 1 + found.counted["receipts"]
        clerk = who_is_asking(office, cast.secret_of("clerk1"))
        assert clerk.house_code == cast.own_area()
    finally:
        office.close()


def _unserved(settings: Settings) -> House:
    engine = "postgresql" if settings.database_url else "sqlite"
    return House(engine, "toy", settings, None, cast.own_area())  # type: ignore[arg-type]


def test_ours_and_the_floor_take_turns() -> None:
    asked: list[str] = []

    def way(name: str) -> float:
        asked.append(name)
        return float(len(asked))

    assert by_turns(lambda: way("a"), lambda: way("b"), rounds=2) == [[1, 3], [2, 4]]
    assert asked == ["a", "b", "a", "b"]


def test_a_line_is_judged_by_the_median_of_its_rounds() -> None:
    line = Line("send", "sqlite", "year", "ms", [30, 10, 20], [10, 10, 10], at_most=1.5, floor_is="by hand")
    assert line.ratios == [3, 1, 2]
    assert line.met is False
    assert report.cells(line) == [
        "send ÷ by hand", "sqlite", "1 year", "20.0 ms", "10.0", "2.00 (1.00–3.00)", "≤ 1.50 **missed**"
    ]  # fmt: skip
    assert Line("start", "sqlite", "year", "ms", [5]).met is None


def test_only_what_stands_between_the_markers_is_rewritten() -> None:
    page = f"# Before\n{report.BEGINS}\nold\n{report.ENDS}\nafter\n"
    assert report.rewritten(page, "new\n") == f"# Before\n{report.BEGINS}\n\nnew\n\n{report.ENDS}\nafter\n"


def test_the_page_has_a_place_for_what_is_measured() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    assert page.count(report.BEGINS) == page.count(report.ENDS) == 1


def test_text_in_a_script_ends_where_it_should() -> None:
    assert quoted("it's") == "'it''s'"
    assert os.path.exists(report.scales.BENCH / "load.lua")
