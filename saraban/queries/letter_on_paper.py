"""What stands on a letter's paper? Of a registered letter, or of one that is still being written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from saraban import numbering, wording
from saraban.commands.look import trace_look
from saraban.errors import NotFound, NotWrittenHere, TopSecretNotSent
from saraban.letters import LetterContent, Paper
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.letterhead import as_address, emblem_of_letter
from saraban.words import FORMS
from storage import letter_paper
from storage.files import Stored

UNNUMBERED = "\u2007" * 6  # the room in which a number will stand


@dataclass(frozen=True)
class LetterOnPaper:
    """A letter as its form shows it; words only, which the template escapes."""

    form: str
    letter_no: str
    dated: date
    from_text: str
    to_text: str
    subject: str
    references: list[str]
    enclosures: list[str]
    urgency: str
    secrecy: str
    agency: str
    salutation: str
    closing: str
    signer: str
    position: list[str]
    initials: str
    owner: str
    contact: list[str]
    address: list[str]
    parts: list[wording.Part]
    emblem: str | None
    id: int = 0
    version: int = 0
    due: bool = False
    rehearsal: bool = False  # nothing is registered yet: its paper says so

    @property
    def name(self) -> str:
        return FORMS[self.form]

    @property
    def filename(self) -> str:
        """With Arabic digits, as the regulation has it of files."""
        return f"{self.name} {self.letter_no.strip()}".replace("/", "-").strip("- ")


_SAME = (
    *("id", "letter_no", "dated", "from_text", "to_text", "subject"),
    *("references", "enclosures", "version"),
)
_PAPER = ("form", "salutation", "closing", "signer", "initials", "owner")
_SEVERAL = ("position", "contact", "address")


def letter_on_paper(office: Office, actor: Actor, letter_id: int) -> LetterOnPaper:
    """For the house that wrote it; others have the file that was sent to them."""
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[Row[Any], Stored | None]:
        row = letter_paper.written(db, actor, letter_id)
        if row is None:
            raise NotFound()
        if row.form is None:
            raise NotWrittenHere()
        return row, emblem_of_letter(db, row.office_id, row.house_id)

    row, emblem = office.db.read(query)
    trace_look(office, actor, row.secrecy, letter_id, "paper")
    said = {name: getattr(row, name) for name in _SAME}
    said["due"] = row.attachment_id is None
    levels = {"urgency": Urgency(row.urgency).word, "secrecy": Secrecy(row.secrecy).word}
    return sheet_of(row, as_address(office, emblem), **said, **levels)


def rehearsed(
    office: Office, actor: Actor, content: LetterContent, paper: Paper, letter_no: str
) -> LetterOnPaper:
    """The same before it is registered or corrected: nothing is kept, no number is taken."""
    actor.must(Act.REGISTER)
    actor.must_be_cleared(content.secrecy_level)
    if content.secrecy_level == Secrecy.TOP_SECRET:
        raise TopSecretNotSent(field="secrecy")
    emblem = office.db.read(lambda db: emblem_of_letter(db, actor.office_id, actor.house_id))
    said = content.model_dump(include={*_SAME, "urgency", "secrecy"})
    said |= {"from_text": content.from_text or actor.house_name, "letter_no": letter_no}
    return sheet_of(paper, as_address(office, emblem), **said, rehearsal=True)


def blank_number(prefix: str, circular: bool) -> str:
    """As it will be printed, but for the number itself."""
    return f"{numbering.letter_no(prefix, 0, circular)[:-1]}{UNNUMBERED}"


def sheet_of(paper: Any, emblem: str | None, **said: Any) -> LetterOnPaper:
    """A letter's own words with those of its paper, which is a row or what was given."""
    said |= {name: getattr(paper, name) for name in _PAPER}
    said |= {name: [one for one in getattr(paper, name).splitlines() if one.strip()] for name in _SEVERAL}
    said["agency"] = paper.agency or said["from_text"]
    return LetterOnPaper(**said, parts=wording.parts(paper.body), emblem=emblem)
