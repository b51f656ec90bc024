"""The benchmark's own promises: its databases are sound ones, and its table says what was measured."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import cast, moving, report, scales
from bench.lines import Line, by_turns
from bench.pgbench import quoted
from saraban.app import create_office
from saraban.queries.check import check
from saraban.queries.who_is_asking import who_is_asking
from saraban.settings import Settings
from storage.database import migrate

NOW = datetime(2026, 7, 1, 2, 57, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of a tiny area, made once: both engines hold the same rows."""
    folder = tmp_path_factory.mktemp("bench") / "toy"
    scales.build(scales.SCALES["toy"], folder, NOW)
    return folder


@pytest.mark.parametrize("engine", ["embedded", "cluster"])
def test_a_made_database_is_one_that_check_is_content_with(
    toy: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    settings = Settings(data=toy)
    if engine == "cluster":
        settings = Settings(data=toy, database_url=request.getfixturevalue("database_url"))
        moving.copy_to_postgres(toy / "saraban.db", settings.database)
    migrate(settings.database)
    office = create_office(settings, clock=lambda: NOW)
    try:
        found = check(office)
        assert found.wrong == []
        scale = scales.SCALES["toy"]
        letters = scale.years * (scale.outgoing + scale.incoming)
        assert found.counted["receipts"] > 0
        assert found.counted["entries"] == letters + found.counted["receipts"]
        clerk = who_is_asking(office, cast.secret_of("clerk1"))
        assert clerk.house_code == cast.own_area()
    finally:
        office.close()


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
