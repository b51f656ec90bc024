"""Handing entries on inside a house, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body

from routers.api.dispatches import Why
from routers.api.paths import AssignmentPath, EntryPath, FromQuery
from routers.deps import Asking, House, Once
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.assign import Assigned, accept, assign, finish, hand_back
from saraban.fields import Given, Note, example
from saraban.letters import AssignTo
from saraban.queries import assignments as handed
from saraban.queries.assignments import AssignmentFilters, Task
from saraban.queries.paging import Page

router = resource("assignments")


class Finished(Given):
    model_config = example(note="แจ้งโรงเรียนแล้ว")

    note: Note = ""


NOTHING_TO_ADD = Finished()


@router.post(
    "/entries/{entry}/assignments",
    status_code=201,
    summary="Hand an entry to a group or a person of the house",
    responses=refusals(403, 404, 409, 413, 422),
)
def assigning(office: House, actor: Asking, once: Once, entry: EntryPath, to: AssignTo) -> Assigned:
    return assign(office, actor, entry, to, once(to))


@router.get(
    "/assignments", summary="What has been handed to me, my office or the house", responses=refusals(422)
)
def boxes(office: House, actor: Asking, asked: FromQuery[AssignmentFilters]) -> Page[Task]:
    return handed.assignments(office, actor, asked)


@router.post("/assignments/{assignment}/accept", summary="Take it on", responses=refusals(403, 404, 409))
def accepting(office: House, actor: Asking, assignment: AssignmentPath) -> Assigned:
    return accept(office, actor, assignment)


@router.post(
    "/assignments/{assignment}/hand-back",
    summary="Hand it back to who gave it",
    responses=refusals(403, 404, 409, 413, 422),
)
def handing_back(office: House, actor: Asking, assignment: AssignmentPath, why: Why) -> Assigned:
    return hand_back(office, actor, assignment, why.reason)


@router.post(
    "/assignments/{assignment}/done", summary="It is done", responses=refusals(403, 404, 409, 413, 422)
)
def finishing(
    office: House,
    actor: Asking,
    assignment: AssignmentPath,
    said: Annotated[Finished, Body()] = NOTHING_TO_ADD,
) -> Assigned:
    return finish(office, actor, assignment, said.note)
