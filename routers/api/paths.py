"""What stands in an address: ids, of which one that cannot be read is not found; behind `?` what is asked."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Path, Query

from saraban.fields import OfficeCode
from saraban.ids import (
    AssignmentId,
    AttachmentId,
    DeliveryId,
    DispatchId,
    EntryId,
    GroupId,
    LetterId,
    PrintoutId,
)

Asked = TypeVar("Asked")
FromQuery = Annotated[Asked, Query()]

OfficePath = Annotated[OfficeCode, Path(examples=["99010001"])]
LetterPath = Annotated[LetterId, Path()]
EntryPath = Annotated[EntryId, Path()]
AttachmentPath = Annotated[AttachmentId, Path()]
DispatchPath = Annotated[DispatchId, Path()]
DeliveryPath = Annotated[DeliveryId, Path()]
AssignmentPath = Annotated[AssignmentId, Path()]
GroupPath = Annotated[GroupId, Path()]
PrintoutPath = Annotated[PrintoutId, Path()]
