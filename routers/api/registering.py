"""Registering letters, going out and coming in."""

from __future__ import annotations

from fastapi import APIRouter

from routers.deps import Asking, House, Once
from routers.problems import refusals
from saraban.commands.enter_letter import Registered
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.letters import NewIncoming, NewOutgoing

router = APIRouter(tags=["registers"])


@router.post("/outgoing", status_code=201, responses=refusals(403, 409, 413, 415, 422))
def outgoing(office: House, actor: Asking, once: Once, new: NewOutgoing) -> Registered:
    return register_outgoing(office, actor, new, once(new))


@router.post("/incoming", status_code=201, responses=refusals(403, 409, 413, 415, 422))
def incoming(office: House, actor: Asking, once: Once, new: NewIncoming) -> Registered:
    return register_incoming(office, actor, new, once(new))
