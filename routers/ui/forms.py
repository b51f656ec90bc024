"""Forms: validate → command → flash → redirect; refused, the same page with every word and file."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from routers.api.forms import receive
from routers.deps import digest_of
from routers.problems import from_validator
from routers.ui.pages import csrf_of
from saraban.commands.drafts import draft_of
from saraban.commands.keep_upload import Uploaded, keep_upload
from saraban.commands.once import Nonce
from saraban.errors import Invalid, NotAllowed, Refusal, TooLarge, WrongFileKind
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Actor
from saraban.thai.digits import to_arabic

Model = TypeVar("Model", bound=BaseModel)
MULTIPART = "multipart/form-data"


class StrangeForm(NotAllowed):
    code = "strange_form"
    detail = "แบบฟอร์มนี้หมดอายุหรือไม่ได้มาจากหน้านี้: กลับไปหน้าเดิมแล้วกดบันทึกอีกครั้ง"


@dataclass
class Submitted:
    """What came with a form: words by name, and files that have been kept already."""

    fields: dict[str, list[str]]
    path: str
    uploads: list[dict[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str, otherwise: str = "") -> str:
        values = self.fields.get(name)
        return values[0] if values else otherwise

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def ticked(self, name: str) -> bool:
        return self.get(name) not in ("", "0", "false")

    def number(self, name: str) -> int:
        """A number that was typed or that the page had put there; 0, which nothing has, for anything else."""
        text = to_arabic(self.get(name)).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0

    def lines(self, name: str) -> list[str]:
        """One value a line, as references are typed."""
        return [line.strip() for line in self.get(name).splitlines() if line.strip()]

    @property
    def files(self) -> list[dict[str, str]]:
        """The files that stay chosen, in the order of their rows, each with what its row says of it."""
        if self.refused:
            raise Invalid(*self.refused)
        return self.stay

    @property
    def stay(self) -> list[dict[str, str]]:
        """The same, but for those that were refused."""
        stay = [one for one in self.uploads if one["row"] not in self.all("drop")]
        return [
            {"upload": one["upload"], "description": self.get("about" + one["row"].removeprefix("file"))}
            for one in sorted(stay, key=lambda one: one["row"])
        ]

    @property
    def nonce(self) -> Nonce | None:
        """The double click is the same form twice: one act, one answer."""
        if not (key := self.get("nonce")):
            return None
        said = {name: values for name, values in self.fields.items() if name not in ("csrf", "nonce")}
        return Nonce(self.path, key[:200], digest_of(json.dumps([said, [u["sha256"] for u in self.uploads]])))


async def submitted(request: Request) -> Submitted:
    """Read a form of ours: a stranger's is refused before its files are kept."""
    if not request.headers.get("content-type", "").lower().startswith(MULTIPART):
        fields = words_in(await request.body())
        _must_be_ours(request, fields)
        return Submitted(fields, request.url.path, _earlier(fields))
    if not hasattr(request.state, "actor"):
        raise StrangeForm()
    with await receive(request, request.app.state.office, keep_words=True) as form:
        _must_be_ours(request, form.fields)
        said = Submitted(form.fields, request.url.path, _earlier(form.fields))
        said.refused += [(row, refusal.message) for row, refusal in form.refused]
        await to_thread.run_sync(_keep, request, form.files, said)
        return said


def words_in(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20_000)


async def words_of(request: Request) -> dict[str, list[str]]:
    """The words of a form with files, of somebody who must log in again first."""
    with await receive(request, request.app.state.office, keep_files=False) as form:
        return form.fields


def typed_before(request: Request) -> Submitted | None:
    """What the visitor had typed when the session ended (`?draft=`), to be shown again."""
    draft = request.query_params.get("draft")
    if not draft:
        return None
    fields = draft_of(request.app.state.office, request.state.visitor.person_id, draft)
    return Submitted(fields, request.url.path, _earlier(fields)) if fields else None


def _earlier(fields: dict[str, list[str]]) -> list[dict[str, str]]:
    """Files that an earlier try of this form has brought: named in it, not to be sent again."""
    named: list[dict[str, str]] = []
    for kept in fields.pop("kept", []):
        try:
            said = json.loads(kept)
            named.append({name: str(said[name]) for name in ("row", "upload", "filename", "size", "sha256")})
        except (ValueError, KeyError, TypeError):
            raise StrangeForm() from None
    return named


def _keep(request: Request, files: list[Any], said: Submitted) -> None:
    """One after the other: a bad third file leaves the first two kept, and the words unharmed."""
    office, actor = request.app.state.office, request.state.actor
    for file in files:
        try:
            said.uploads.append(_shown(file.field, keep_upload(office, actor, file.spool, file.filename)))
        except (WrongFileKind, TooLarge, Invalid) as refusal:
            said.refused.append((file.field, refusal.message))


def _shown(row: str, kept: Uploaded) -> dict[str, str]:
    named = {"row": row, "upload": show("U", kept.id), "filename": kept.filename}
    return named | {"size": str(kept.size), "sha256": kept.sha256}


def _must_be_ours(request: Request, fields: Mapping[str, list[str]]) -> None:
    """The mark in the form, and where the browser says that the form stood."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise StrangeForm()
    given = fields.get("csrf", [""])[0]
    if not hmac.compare_digest(given.encode(), csrf_of(request).encode()):
        raise StrangeForm()


def checked(kind: type[Model], values: Mapping[str, Any], *, blank: bool = False) -> Model:
    """The rules of the API for what was typed; blank fields say nothing, unless they are meant."""
    said = {name: value for name, value in values.items() if blank or value not in ("", None)}
    try:
        return kind.model_validate(said)
    except ValidationError as failure:
        raise from_validator(failure.errors()) from failure


async def attempt(do: Callable[[], Any]) -> tuple[Any, dict[str, str], str]:
    """(answer, errors by field, what to say): either the answer or what was wrong."""
    return await _tried(to_thread.run_sync(do))


async def attempt_in_turn(
    do: Callable[[], Any], office: Office, actor: Actor
) -> tuple[Any, dict[str, str], str]:
    """The same for what takes a number, when it is its turn in the house."""
    return await _tried(office.db.perform(do, actor.house_id))


async def _tried(doing: Awaitable[Any]) -> tuple[Any, dict[str, str], str]:
    try:
        return await doing, {}, ""
    except Refusal as refusal:
        errors: dict[str, str] = {}
        for name, message in refusal.fields:
            errors.setdefault(name.split(".")[0], message)
        return None, errors, refusal.message
