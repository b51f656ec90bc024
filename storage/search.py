"""Words looked for in letters: found through the trigrams they are made of, proved by what the text says.

Word breakers find 17–33 % of what is there in Thai, so a word is any run of characters. The trigrams of a
letter's text are indexed by each engine itself; they only say where to look, `holds` is what decides.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Text,
    and_,
    bindparam,
    column,
    func,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from saraban.levels import Secrecy
from storage.prepared import Prepared
from storage.tables import Id, entry, letter_text

# Letters in which words may stand, beyond which the index is no help: hits are then so common that the book,
# read in its order, soon has a page of them.
COMMON = 2_000
# The newest lines of a book tell what is common in it: words that stand in four of 128 are met fifty times in
# 1,600. They are looked at again after a minute: one more letter makes nothing common. Only open letters, for
# where a list goes on shows how it is read, and must not tell what a secret letter says.
NEWEST, OFTEN, A_MINUTE = 128, 4, 60.0
BOOKS = 16  # of which that is known at a time
# Of a long text the rarest pieces say where it is as well as all of them, at a tenth of the time (measured).
RAREST = 3
PIECES = 48


class instr(GenericFunction[int]):
    """Where one text stands in another: no pattern, so that % and _ mean themselves."""

    type = Integer()
    inherit_cache = True


@compiles(instr, "postgresql")
def _strpos(element: Any, compiler: Any, **how: Any) -> str:
    return f"strpos{compiler.process(element.clause_expr, **how)}"


def holds(words: Sequence[str], text: ColumnElement[str] = letter_text.c.text) -> ColumnElement[bool]:
    """Of a text in which every word stands, each wherever it likes."""
    return and_(true(), *(instr(text, word) > 0 for word in words))


def matching(tx: Connection, words: Sequence[str], sample: Sequence[str]) -> list[int] | None:
    """The letters, of any house, that may hold all the words; None when they are too many to go through, or
    soon met in the book that the sample is of.

    Common words must not decide how a book is read: with half of all letters in hand, the other half is
    quicker to leave out by reading on."""
    pieces = _pieces(words)
    if not pieces:
        return None
    if sum(all(word in text for word in words) for text in sample) >= OFTEN:
        return None
    rarest = sorted(pieces, key="\n".join(sample).count)[:RAREST]
    look = _in_arrays if tx.dialect.name == "postgresql" else _in_fts5
    found = look(tx, rarest)
    return None if len(found) > COMMON else [row.id for row in found]


def newest(tx: Connection, house_id: int, kind: str) -> Sequence[str]:
    """What the newest lines of a book say, as of a minute ago at most."""
    now, book = time.monotonic(), (house_id, kind)
    known = _known.setdefault(tx.engine, {})
    read_at, texts = known.get(book, (0.0, ()))
    if now - read_at > A_MINUTE or not texts:
        texts = [row.text for row in _NEWEST.all(tx, house=house_id, kind=kind)]
        if len(known) >= BOOKS:
            known.clear()
        known[book] = now, texts
    return texts


_known: WeakKeyDictionary[Engine, dict[tuple[int, str], tuple[float, Sequence[str]]]] = WeakKeyDictionary()
_NEWEST = Prepared(
    select(letter_text.c.text)
    .join(entry, entry.c.letter_id == letter_text.c.letter_id)
    .where(entry.c.house_id == bindparam("house", type_=Id), entry.c.kind == bindparam("kind"))
    .where(entry.c.secrecy == int(Secrecy.OPEN))
    .order_by(entry.c.year.desc(), entry.c.number.desc())
    .limit(NEWEST)
)


def _pieces(words: Sequence[str]) -> list[str]:
    """What a text must have to hold the words, three characters each; two, where all the words are so short.
    One character alone stands in too many letters to be worth an index."""
    spread = [word[at : at + 3] for at in range(max(map(len, words), default=0)) for word in words]
    found = [piece for piece in dict.fromkeys(spread) if len(piece) == 3][:PIECES]
    return found or [word for word in words if len(word) == 2][:PIECES]


# -- PostgreSQL: an array of the pieces under GIN -------------------------------------------------

_HELD = func.pieces(letter_text.c.text, type_=ARRAY(Text)).contains(bindparam("pieces", type_=ARRAY(Text)))
_OF_ARRAYS = Prepared(
    select(letter_text.c.letter_id.label("id")).where(_HELD).limit(bindparam("most", type_=Integer))
)


def _in_arrays(tx: Connection, pieces: list[str]) -> Sequence[Any]:
    return _OF_ARRAYS.all(tx, pieces=pieces, most=COMMON + 1)


# -- SQLite: FTS5 ---------------------------------------------------------------------------------

_fts = table("letter_trigram", column("rowid", Integer), column("letter_trigram", Text))
_terms = table("letter_trigram_term", column("term", Text))
_LAST = chr(0x10FFFF)
_MATCHING = _fts.c.letter_trigram.op("MATCH", return_type=Boolean())(bindparam("terms", type_=Text()))
_OF_FTS5 = Prepared(select(_fts.c.rowid.label("id")).where(_MATCHING).limit(bindparam("most", type_=Integer)))
_BEGUN = Prepared(
    select(_terms.c.term).where(_terms.c.term >= bindparam("first"), _terms.c.term <= bindparam("last"))
)


def _in_fts5(tx: Connection, pieces: list[str]) -> Sequence[Any]:
    asked = [_quoted(piece) if len(piece) == 3 else _begun(tx, piece) for piece in pieces]
    return _OF_FTS5.all(tx, terms=" AND ".join(asked), most=COMMON + 1) if all(asked) else ()


def _begun(tx: Connection, pair: str) -> str:
    """The trigrams that begin with a pair: the space after a text makes the last one of those."""
    terms = [_quoted(row.term) for row in _BEGUN.all(tx, first=pair, last=pair + _LAST)]
    return f"({' OR '.join(terms)})" if terms else ""


def _quoted(term: str) -> str:
    """A string of FTS5, in which no character means anything."""
    doubled = term.replace('"', '""')
    return f'"{doubled}"'
