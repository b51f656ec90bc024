"""How are the offices that a receipt names called in full? What was signed keeps their names as they stood in
the list of offices; whoever reads it on paper or on a page wants the house of a group, too."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from saraban.receipts import OfficeFacts, ReceiptFacts
from saraban.words import in_full
from storage.tables import office as offices

_above = offices.alias("above")
# Of a group with books of its own its area.
_HOUSE = func.coalesce(func.nullif(offices.c.house_id, offices.c.id), offices.c.area_id)
_ABOVE = select(offices.c.kind, _above.c.kind.label("above_kind"), _above.c.name.label("above")).outerjoin(
    _above, _above.c.id == _HOUSE
)


def named_in_receipt(db: Connection, facts: ReceiptFacts) -> dict[str, str]:
    return {"sender": _named(db, facts["sender"]), "receiver": _named(db, facts["receiver"])}


def _named(db: Connection, facts: OfficeFacts) -> str:
    row = db.execute(_ABOVE.where(offices.c.code == facts["code"])).first()
    if row is None:
        return facts["name"]
    said = in_full(row.kind, facts["name"])
    return f"{said} {in_full(row.above_kind, row.above)}" if row.kind == "group" and row.above else said
