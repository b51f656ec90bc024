"""What the form of an outgoing letter says: at first, of a letter to be corrected, and when it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routers.ui.forms import Submitted, checked
from routers.ui.typed import Reading
from saraban.errors import Invalid
from saraban.ids import read, show
from saraban.letters import Paper
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.letter import LetterView, letter_view
from saraban.queries.letterhead import usual_paper
from saraban.rendering import typed_date
from saraban.thai.dates import full_date

Fields = dict[str, list[str]]
CONTENT = ("subject", "to_text", "from_text", "urgency", "secrecy", "summary")


def blank(office: Office, actor: Actor) -> Submitted:
    return Submitted(_usual(office, actor), "")


def _usual(office: Office, actor: Actor) -> Fields:
    return {
        "dated": [typed_date(office.clock())],
        "from_text": [actor.house_name],
        "urgency": ["normal"],
        "secrecy": ["open"],
        "action_office": [actor.office_code],
        "action_person": [show("P", actor.person_id)],
    }


def blank_paper(office: Office, actor: Actor) -> Fields:
    """What a letter that is to be written here begins with."""
    blank = {name: field.default for name, field in Paper.model_fields.items() if name != "body"}
    return {name: [value] for name, value in {"body": "", **blank, **usual_paper(office, actor)}.items()}


def from_letters(office: Office, actor: Actor, linked: Mapping[str, str]) -> Submitted | None:
    """A letter sent on, answered or replaced: its words where they stay the same, a reference to it."""
    named = {name: number for name, text in linked.items() if (number := read("L", text)) is not None}
    if not named:
        return None
    fields = _usual(office, actor) | {name: [show("L", number)] for name, number in named.items()}
    for name, number in named.items():
        fields |= _told_by(name, letter_view(office, actor, number))
    return Submitted(fields, "")


def _told_by(link: str, view: LetterView) -> Fields:
    same: Fields = {"subject": [view.subject], "urgency": [view.urgency], "secrecy": [view.secrecy]}
    if link != "reply_to":
        same |= {"attachments": [show("A", file.id) for file in view.attachments]}
    if link == "replaces":
        return content_of(view).fields | same | {"note": [f"ออกแทนหนังสือที่ {view.letter_no}"]}
    of = f"หนังสือ {view.from_text} ที่ {view.letter_no} ลงวันที่ {full_date(view.dated)}"
    same |= {"references": [of], "summary": [view.summary] if link == "based_on" else [""]}
    return same | ({"to_text": [view.from_text]} if link == "reply_to" else {})


def content_of(view: LetterView) -> Submitted:
    """A letter's own words, to be corrected."""
    fields = {name: [getattr(view, name)] for name in CONTENT}
    fields |= {"references": ["\n".join(view.references)], "enclosures": ["\n".join(view.enclosures)]}
    fields |= {"circular": ["1" if view.circular else ""], "version": [str(view.version)]}
    if view.paper is not None:
        fields |= {name: [getattr(view.paper, name)] for name in Paper.model_fields}
    if any(line.kind == "incoming" for line in view.entries):
        fields |= {"letter_no": [view.letter_no]}
    return Submitted(fields | {"dated": [typed_date(view.dated)]}, "")


def content_said(form: Submitted, reading: Reading) -> dict[str, Any]:
    """What the form says of the letter itself, for the rules of the API."""
    said: dict[str, Any] = {name: form.get(name).strip() for name in CONTENT}
    said |= {"references": form.lines("references"), "enclosures": form.lines("enclosures")}
    said |= {"letter_no": form.get("letter_no").strip()} if "letter_no" in form.fields else {}
    return said | {"dated": reading.day("dated")}


def paper_said(form: Submitted, reading: Reading) -> dict[str, Any]:
    """What the form says of a written letter's paper; what is wrong with it is told with the rest."""
    if "body" not in form.fields:
        return {}
    # A browser ends lines in its own way; a letter is the same whoever wrote it.
    typed = {name: form.get(name).replace("\r\n", "\n") for name in Paper.model_fields}
    try:
        return {"paper": checked(Paper, typed, blank=True)}
    except Invalid as refusal:
        reading.wrong += refusal.fields
        return {}
