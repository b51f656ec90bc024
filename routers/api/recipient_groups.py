"""Saved groups of receivers."""

from __future__ import annotations

from routers.api.paths import FromQuery, GroupPath
from routers.deps import Asking, House, Once
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.keep_groups import GroupSaid, add_group, change_group, delete_group
from saraban.queries import recipient_groups as saved
from saraban.queries.paging import Page, Paging
from saraban.queries.recipient_groups import GroupItem

router = resource("recipient groups")


@router.get(
    "/recipient-groups", summary="The house's saved groups, with their offices", responses=refusals(403, 422)
)
def groups(office: House, actor: Asking, asked: FromQuery[Paging]) -> Page[GroupItem]:
    return saved.recipient_groups(office, actor, asked)


@router.post(
    "/recipient-groups", status_code=201, summary="Save a group", responses=refusals(403, 409, 413, 422)
)
def add(office: House, actor: Asking, once: Once, said: GroupSaid) -> GroupItem:
    return add_group(office, actor, said, once(said))


@router.put(
    "/recipient-groups/{group}",
    summary="Name and offices, all of them",
    responses=refusals(403, 404, 409, 413, 422),
)
def change(office: House, actor: Asking, group: GroupPath, said: GroupSaid) -> GroupItem:
    return change_group(office, actor, group, said)


@router.delete(
    "/recipient-groups/{group}", status_code=204, summary="Forget a group", responses=refusals(403, 404)
)
def remove(office: House, actor: Asking, group: GroupPath) -> None:
    delete_group(office, actor, group)
