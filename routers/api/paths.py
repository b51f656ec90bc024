"""Ids in addresses: one that cannot be read names nothing, so it is not found."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

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

LetterPath = Annotated[LetterId, Path()]
EntryPath = Annotated[EntryId, Path()]
AttachmentPath = Annotated[AttachmentId, Path()]
DispatchPath = Annotated[DispatchId, Path()]
DeliveryPath = Annotated[DeliveryId, Path()]
AssignmentPath = Annotated[AssignmentId, Path()]
GroupPath = Annotated[GroupId, Path()]
PrintoutPath = Annotated[PrintoutId, Path()]
