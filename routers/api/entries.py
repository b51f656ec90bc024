"""A line of one's own book: corrected always, voided, never deleted."""

from __future__ import annotations

from fastapi import Response

from routers.api.dispatches import Why
from routers.api.paths import EntryPath
from routers.deps import Asking, House, IfMatch, etag, version_of
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.correct_entry import LineCorrected, correct_entry
from saraban.commands.void_entry import Voided, void_entry
from saraban.letters import EntryChange
from saraban.queries.entry import EntryView, entry_view

router = resource("entries")


@router.get("/entries/{entry}", summary="A line of my book, with its history", responses=refusals(404))
def one(office: House, actor: Asking, entry: EntryPath, answer: Response) -> EntryView:
    view = entry_view(office, actor, entry)
    answer.headers.update(etag(view.version))
    return view


@router.patch(
    "/entries/{entry}",
    summary="Correct a line of my book",
    responses=refusals(403, 404, 409, 412, 413, 422, 428),
)
def correct(
    office: House,
    actor: Asking,
    entry: EntryPath,
    change: EntryChange,
    answer: Response,
    if_match: IfMatch = None,
) -> LineCorrected:
    corrected = correct_entry(office, actor, entry, change, version_of(if_match))
    answer.headers.update(etag(corrected.version))
    return corrected


@router.post(
    "/entries/{entry}/void",
    summary="Void a number: it stays in the book with who, when and why",
    responses=refusals(403, 404, 409, 413, 422),
)
def void(office: House, actor: Asking, entry: EntryPath, why: Why) -> Voided:
    return void_entry(office, actor, entry, why.reason)
