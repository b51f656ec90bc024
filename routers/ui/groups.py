"""Saved groups of receivers: the list, a new one, one to be changed, one to be forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import GroupPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import listed
from saraban.commands.keep_groups import GroupSaid, add_group, change_group, delete_group
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Paging
from saraban.queries.receivers import receivers
from saraban.queries.recipient_groups import GroupItem, recipient_group_of, recipient_groups

router = screen()


@router.get("/groups")
def groups(request: Request, office: House, actor: Asking) -> Response:
    actor.must(Act.KEEP_GROUPS)
    found, why = listed(request, Paging, lambda said: recipient_groups(office, actor, said))
    return page(request, "groups", 422 if why else 200, found=found, why=why)


@router.get("/groups/new")
def blank(request: Request, office: House, actor: Asking) -> Response:
    return _group(request, office, actor, None, typed_before(request))


@router.post("/groups/new")
async def add(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    added, errors, why = await attempt(
        lambda: add_group(office, actor, _said(office, actor, form), form.nonce)
    )
    if added is None:
        return await to_thread.run_sync(_group, request, office, actor, None, form, errors, why)
    return go("/groups", f"ตั้งกลุ่ม {added.name} ({len(added.members)} แห่ง) แล้ว")


@router.get("/groups/{group}")
def one(request: Request, office: House, actor: Asking, group: GroupPath) -> Response:
    return _group(request, office, actor, recipient_group_of(office, actor, group), typed_before(request))


@router.post("/groups/{group}")
async def change(request: Request, office: House, actor: Asking, group: GroupPath) -> Response:
    form = await submitted(request)
    changed, errors, why = await attempt(
        lambda: change_group(office, actor, group, _said(office, actor, form))
    )
    if changed is None:
        item = await to_thread.run_sync(recipient_group_of, office, actor, group)
        return await to_thread.run_sync(_group, request, office, actor, item, form, errors, why)
    return go("/groups", f"บันทึกกลุ่ม {changed.name} ({len(changed.members)} แห่ง) แล้ว")


@router.get("/groups/{group}/delete")
def ask_to_delete(request: Request, office: House, actor: Asking, group: GroupPath) -> Response:
    actor.must(Act.KEEP_GROUPS)
    return page(request, "group_delete", item=recipient_group_of(office, actor, group))


@router.post("/groups/{group}/delete")
async def delete(request: Request, office: House, actor: Asking, group: GroupPath) -> Response:
    await submitted(request)
    await to_thread.run_sync(delete_group, office, actor, group)
    return go("/groups", "ลบกลุ่มแล้ว หนังสือที่เคยส่งถึงกลุ่มนี้ยังอยู่ครบ")


def _said(office: Office, actor: Actor, form: Submitted) -> GroupSaid:
    """Schools that were ticked, whole districts and networks, and codes that were typed: each once."""
    whole = receivers(office, actor).within(form.all("districts"), form.all("networks"))
    codes = [*form.all("offices"), *whole, *form.get("others").split()]
    return checked(GroupSaid, {"name": form.get("name"), "offices": list(dict.fromkeys(codes))})


def _group(
    request: Request,
    office: Office,
    actor: Actor,
    item: GroupItem | None,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    actor.must(Act.KEEP_GROUPS)
    options = receivers(office, actor)
    listed = {one.code for one in options.schools}
    members = item.members if item else []
    ticked = {one.code for one in members} if form is None else set(form.all("offices"))
    others = "\n".join(one.code for one in members if one.code not in listed)
    return page(
        request,
        "group",
        422 if why else 200,
        item=item,
        form=form,
        errors=errors or {},
        why=why,
        options=options,
        ticked=ticked,
        others=others if form is None else form.get("others"),
        elsewhere=[one for one in members if one.code not in listed],
        here=f"/groups/{show('G', item.id)}" if item else "/groups/new",
    )
