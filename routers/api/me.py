"""Who am I to this office?"""

from __future__ import annotations

from pydantic import BaseModel

from routers.deps import Asking
from routers.problems import refusals
from routers.routes import resource
from saraban.fields import SecrecyWord
from saraban.ids import PersonId
from saraban.permissions import Role

router = resource("me")


class OfficeName(BaseModel):
    code: str
    name: str


class MyOffice(OfficeName):
    kind: str


class Me(BaseModel):
    id: PersonId
    person: str
    office: MyOffice
    house: OfficeName
    role: Role
    clearance: SecrecyWord


@router.get("/me", summary="Person, office, house, role and clearance of this key", responses=refusals())
async def me(actor: Asking) -> Me:
    return Me(
        id=actor.person_id,
        person=actor.person_name,
        office=MyOffice(code=actor.office_code, name=actor.office_name, kind=actor.office_kind),
        house=OfficeName(code=actor.house_code, name=actor.house_name),
        role=actor.role,
        clearance=actor.clearance.word,
    )
