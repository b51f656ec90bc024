"""Everything about one letter: its content, its lines, its journeys, who works on it, what was done."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import LetterPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.files import opened
from routers.ui.pages import page
from saraban.queries.assignments import tasks_of
from saraban.queries.entry import entry_view
from saraban.queries.hands import hands, names_of
from saraban.queries.letter import letter_view
from saraban.queries.letter_events import letter_events

router = screen()


@router.get("/letters/{letter}")
def letter(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    view = letter_view(office, actor, letter)
    return page(
        request,
        "letter",
        view=view,
        lines=[(entry_view(office, actor, one.id), tasks_of(office, actor, one.id)) for one in view.entries],
        names=names_of(hands(office, actor)),
        events=letter_events(office, actor, letter),
        file=opened(request, view.attachments),
        here=f"/letters/L{letter}",
    )
