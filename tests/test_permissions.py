"""The table of role × act: read by the code, printed in the documentation, the same in both."""

from __future__ import annotations

from pathlib import Path

import pytest

from saraban.errors import NotAllowed
from saraban.levels import Secrecy
from saraban.permissions import ALLOWED, THAI, Act, Actor, Role

DOCUMENT = Path(__file__).parent.parent / "docs" / "permissions.md"


def page() -> str:
    """What `docs/permissions.md` says below its introduction."""
    head = DOCUMENT.read_text().partition("| act |")[0]
    lines = [["act", "", *Role], ["---"] * (2 + len(Role))]
    lines += [[f"`{act}`", THAI[act], *("✓" if role in ALLOWED[act] else "" for role in Role)] for act in Act]
    return head + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_documentation_holds_the_table_that_the_code_reads() -> None:
    assert DOCUMENT.read_text() == page()


def test_every_act_is_somebodys_and_the_administrator_may_do_all() -> None:
    assert set(ALLOWED) == set(THAI) == set(Act)
    assert all(Role.ADMIN in roles for roles in ALLOWED.values())
    assert {role for role in Role if role in ALLOWED[Act.READ]} == set(Role)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_its_acts_and_no_other(role: Role, act: Act) -> None:
    somebody = Actor(
        person_id=1,
        person_name="สมหญิง ตัวอย่าง",
        office_id=1,
        office_code="9901",
        office_name="สพป.ตัวอย่าง เขต 1",
        office_kind="area",
        house_id=1,
        house_code="9901",
        house_name="สพป.ตัวอย่าง เขต 1",
        house_kind="area",
        area_id=1,
        role=role,
        clearance=Secrecy.OPEN,
    )
    if role in ALLOWED[act]:
        somebody.must(act)
    else:
        with pytest.raises(NotAllowed):
            somebody.must(act)
