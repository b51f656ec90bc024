"""Registering letters, going out and coming in, as JSON or as a form with files."""

from __future__ import annotations

from routers.api.forms import FormRoute, form_of
from routers.api.paths import LetterPath
from routers.deps import Asking, House, Once, act
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.attach_files import Attached, MoreFiles, attach_files
from saraban.commands.enter_letter import Registered
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.letters import NewIncoming, NewOutgoing

router = resource("registers", FormRoute)
REFUSED = refusals(403, 404, 409, 413, 415, 422, 503)


@router.post(
    "/outgoing",
    status_code=201,
    summary="Register an outgoing letter: the next number of the house's book",
    responses=REFUSED,
    openapi_extra=form_of(NewOutgoing),
)
async def outgoing(office: House, actor: Asking, once: Once, new: NewOutgoing) -> Registered:
    return await act(register_outgoing, office, actor, new, once(new))


@router.post(
    "/incoming",
    status_code=201,
    summary="Register a letter that came on paper, by post or by e-mail",
    responses=REFUSED,
    openapi_extra=form_of(NewIncoming),
)
async def incoming(office: House, actor: Asking, once: Once, new: NewIncoming) -> Registered:
    return await act(register_incoming, office, actor, new, once(new))


@router.post(
    "/letters/{letter}/attachments",
    status_code=201,
    summary="More files: they travel with the next send",
    responses=REFUSED,
    openapi_extra=form_of(MoreFiles),
)
async def attach(office: House, actor: Asking, once: Once, letter: LetterPath, more: MoreFiles) -> Attached:
    return await act(attach_files, office, actor, letter, more, once(more))
