"""Urgency and secrecy: ordered levels, stored as numbers, spoken as words, shown in Thai."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """A level knows its word in the API and its Thai word."""

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def thai(self) -> str:
        return _THAI[self.name]

    @classmethod
    def named(cls, word: str) -> Level:
        return cls[word.upper()]


class Urgency(Level):
    NORMAL = 0
    URGENT = 1
    VERY_URGENT = 2
    MOST_URGENT = 3


class Secrecy(Level):
    OPEN = 0
    CONFIDENTIAL = 1
    SECRET = 2
    TOP_SECRET = 3


# The word of a level by its number, for lists of many lines.
URGENCY_WORDS = tuple(level.word for level in Urgency)
SECRECY_WORDS = tuple(level.word for level in Secrecy)

_THAI = {
    "NORMAL": "ปกติ",
    "URGENT": "ด่วน",
    "VERY_URGENT": "ด่วนมาก",
    "MOST_URGENT": "ด่วนที่สุด",
    "OPEN": "ไม่ลับ",
    "CONFIDENTIAL": "ลับ",
    "SECRET": "ลับมาก",
    "TOP_SECRET": "ลับที่สุด",
}
