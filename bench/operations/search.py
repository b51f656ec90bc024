"""Words in a million letters: found through their trigrams, beside a full LIKE scan."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from random import Random
from statistics import median
from typing import Any
from urllib.parse import quote

from bench.house import House, closing_of
from bench.lines import Line, by_turns
from bench.load import Request

SCALES = ("country",)
SECONDS, WORDS = 2, 40
FOUND, NOTHING = 1 / 25, 1 / 400
# Characters that stand next to each other in no letter.
ABSENT = {2: "ฬฬ", 3: "ฬฬญ", 6: "ฬฬญฌฎฏ", 15: "ฬฬญฌฎฏฐฑฒฬฬญฌฎฏ"}


def measure(house: House) -> Iterator[Line]:
    texts = _texts(house)
    told = {"engine": house.engine, "scale": house.scale, "unit": "ms"}
    for length in (2, 3, 6, 15):
        words = _words(texts, length)
        yield from _beside_like(house, f"search, {length} characters, p95", words, FOUND, told)
        yield from _beside_like(
            house, f"search, {length} characters, no match", [ABSENT[length]], NOTHING, told, middling=True
        )
    numbers = [str(Random(7).randrange(100, 9000)) for _ in range(WORDS)]
    yield from _beside_like(house, "search, a number, p95", numbers, FOUND, told, "number={word}")
    narrowed = "q={word}&urgency=urgent&dated_from=2026-02-01&state=registered"
    yield from _beside_like(
        house, "search, 6 characters and filters, p95", _words(texts, 6), FOUND, told, narrowed
    )
    yield Line(
        "search finds of what LIKE finds",
        house.engine,
        house.scale,
        "of 1",
        [_recall(house, texts)],
        at_least=1.0,
    )
    index, text = _sizes(house)
    yield Line(
        "search index",
        house.engine,
        house.scale,
        "MiB",
        [index],
        [text],
        at_most=2.0,
        floor_is="the text it is of",
    )


def _beside_like(
    house: House,
    named: str,
    words: Sequence[str],
    mark: float,
    told: dict[str, Any],
    asking: str = "q={word}",
    middling: bool = False,
) -> Iterator[Line]:
    """The slow end of what many words take; of one word that nobody wrote, the middle."""
    header = house.key("clerk1")
    asked = [Request("GET", f"/api/v1/outgoing?{asking.format(word=quote(word))}", header) for word in words]

    def ours() -> float:
        got = house.load(asked, 1, SECONDS)
        return got.p50 if middling else got.p95

    with closing_of(house.bare()) as db:
        lasted, scanned = by_turns(ours, lambda: median(_scan(house, db, word) for word in words[:3]))
    yield Line(named, ours=lasted, floor=scanned, at_most=mark, floor_is="LIKE over all", **told)


def _scan(house: House, db: Any, word: str) -> float:
    mark = "?" if house.engine == "sqlite" else "%s"
    began = time.perf_counter()
    db.execute(f"SELECT letter_id FROM letter_text WHERE text LIKE {mark}", (f"%{word}%",)).fetchall()
    return 1000 * (time.perf_counter() - began)


_OWN = """
    FROM entry e JOIN letter_text t ON t.letter_id = e.letter_id
    WHERE e.house_id = (SELECT id FROM office WHERE code = '{area}') AND e.kind = 'outgoing' AND e.secrecy = 0
"""


def _texts(house: House) -> list[str]:
    with closing_of(house.bare()) as db:
        rows = db.execute(f"SELECT t.text {_OWN.format(area=house.area)} ORDER BY e.id").fetchall()
    return [row[0] for row in rows]


def _words(texts: Sequence[str], length: int) -> list[str]:
    """Pieces of what letters say, cut anywhere: those with spaces or digits would be taken apart."""
    chance, words = Random(length), list[str]()
    while len(words) < WORDS:
        text = chance.choice(texts)
        at = chance.randrange(len(text) - length)
        word = text[at : at + length]
        if not any(each.isspace() or each.isdigit() or each in '"%_' for each in word):
            words.append(word)
    return words


def _recall(house: House, texts: Sequence[str]) -> float:
    """Of what LIKE finds in the own book, the share that our lists show, page after page."""
    found = there = 0
    with house.client("clerk1") as client:
        for word in (word for length in (2, 3, 6, 15) for word in _words(texts, length)[:8]):
            there += sum(word in text for text in texts)
            cursor: dict[str, str] = {}
            while True:
                page = (
                    client.get("/outgoing", params={"q": word, "limit": 500, **cursor})
                    .raise_for_status()
                    .json()
                )
                found += len(page["items"])
                if not page["next"]:
                    break
                cursor = {"cursor": page["next"]}
    return found / there


def _sizes(house: House) -> tuple[float, float]:
    if house.engine == "postgresql":
        index = int(
            house.one(
                "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE starts_with(relname, 'letter_trigram')"
                " AND relkind = 'i'"
            )
        )
        text = int(house.one("SELECT sum(octet_length(text)) FROM letter_text"))
    else:
        index = int(house.one("SELECT sum(length(block)) FROM letter_trigram_data"))
        text = int(house.one("SELECT sum(length(CAST(text AS BLOB))) FROM letter_text"))
    return index / 2**20, text / 2**20
