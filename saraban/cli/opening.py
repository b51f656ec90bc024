"""The settings, and the office they describe. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError

from saraban.cli.telling import first_line
from saraban.errors import NotReady
from saraban.settings import PREFIX, Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from saraban.office import Office


def settings_given() -> Settings:
    try:
        return Settings.from_env(os.environ)
    except ValidationError as wrong:
        # Never the value itself: it may be a password.
        named = ", ".join(f"{PREFIX}{str(each['loc'][0]).upper()} ({_thai(each)})" for each in wrong.errors())
        raise NotReady(reason=f"ค่าตั้งระบบไม่ถูกต้อง: {named}") from wrong


# What the validator says in English, said to the operator.
_THAI = {
    "extra_forbidden": "ไม่มีค่าตั้งชื่อนี้ ดูชื่อที่มีในตารางของ README",
    "int_parsing": "ต้องเป็นจำนวนเต็ม",
    "bool_parsing": "ต้องเป็น true หรือ false",
    "greater_than": "ต้องมากกว่า {gt}",
    "greater_than_equal": "ต้องไม่น้อยกว่า {ge}",
    "less_than_equal": "ต้องไม่มากกว่า {le}",
}


def _thai(failure: ErrorDetails) -> str:
    return _THAI.get(failure["type"], failure["msg"]).format_map(failure.get("ctx", {}))


@contextmanager
def _described() -> Iterator[None]:
    """An address that no database or store can have is the operator's to correct."""
    try:
        yield
    except (ArgumentError, ValueError) as wrong:
        raise NotReady(reason=f"ค่าตั้งระบบไม่ถูกต้อง: {first_line(wrong)}") from wrong


@contextmanager
def opened() -> Iterator[Office]:
    from saraban.app import create_office

    settings = settings_given()
    with _described():
        office = create_office(settings)
    try:
        yield office
    finally:
        office.close()


def migrated() -> None:
    from storage.database import migrate

    settings = settings_given()
    with _described():
        migrate(settings.database)
