"""Words looked for in letters: found through the trigrams they are made of, proved by what the text says.

Word breakers find 17–33 % of what is there in Thai, so a word is any run of characters. The trigrams of a
letter's text are indexed by each engine itself; they only say where to look, `holds` is what decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from storage.tables import letter_text

# Letters that hold the trigrams of what is looked for, beyond which the index is no help: hits are then so
# common that the book, read in its order, soon has a page of them.
COMMON = 1_000
# A long text is as rare as its first trigrams are; each more costs a list of letters.
ENOUGH = 64


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


def matching(tx: Connection, words: Sequence[str]) -> list[int] | None:
    """The letters, of any house, that may hold all the words; None when they are too many to go through.

    A common trigram must not decide how a book is read: with half of all letters in hand, the other half is
    quicker to leave out by reading on.
    """
    look = _in_arrays if tx.dialect.name == "postgresql" else _in_fts5
    where = look(tx, words)
    if where is None:
        return None
    found = tx.execute(where.limit(COMMON + 1)).scalars().all()
    return None if len(found) > COMMON else list(found)


def _grams(words: Sequence[str]) -> list[str]:
    """Trigrams that a text must have to hold the words: not the last of each, which ends in a space."""
    spread = [word[at : at + 3] for at in range(max(map(len, words), default=0)) for word in words]
    return [gram for gram in dict.fromkeys(spread) if len(gram) == 3][:ENOUGH]


# -- PostgreSQL: an array of trigrams under GIN ---------------------------------------------------


def _in_arrays(tx: Connection, words: Sequence[str]) -> Any | None:
    """Words of one or two characters have no trigram and are left to `holds`."""
    grams = _grams(words)
    if not grams:
        return None
    held = func.trigrams(letter_text.c.text, type_=ARRAY(Text)).contains(cast(grams, ARRAY(Text)))
    return select(letter_text.c.letter_id).where(held)


# -- SQLite: FTS5 ---------------------------------------------------------------------------------

_fts = table("letter_trigram", column("rowid", Integer), column("letter_trigram", Text))
_terms = table("letter_trigram_term", column("term", Text))
_LAST = chr(0x10FFFF)


def _in_fts5(tx: Connection, words: Sequence[str]) -> Any | None:
    asked = [_quoted(gram) for gram in _grams(words)]
    for pair in {word for word in words if len(word) == 2}:
        # Found through the trigrams that begin with them: the space after a text makes the last one of those.
        begun = tx.execute(select(_terms.c.term).where(_terms.c.term >= pair, _terms.c.term <= pair + _LAST))
        asked.append("(" + " OR ".join(map(_quoted, begun.scalars())) + ")")
    if not asked:
        return None
    if "()" in asked:
        return select(_fts.c.rowid).where(literal(False))
    match = _fts.c.letter_trigram.op("MATCH", return_type=Boolean())(" AND ".join(asked))
    return select(_fts.c.rowid).where(match)


def _quoted(term: str) -> str:
    """A string of FTS5, in which no character means anything."""
    doubled = term.replace('"', '""')
    return f'"{doubled}"'
