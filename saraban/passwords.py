"""Passwords: argon2id, and the few rules that keep them from being guessed."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from saraban.thai.text import fold

SHORTEST, LONGEST = 10, 200
_COMMON = ("password", "12345", "qwerty", "saraban", "สารบรรณ", "11111", "00000")


@cache
def _hasher() -> PasswordHash:
    # RFC 9106's second choice: 64 MiB, 3 passes; about a tenth of a second here, and nothing for a person.
    return PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=1),))


def hashed(password: str) -> str:
    return _hasher().hash(password)


def matches(password: str, kept: str) -> bool:
    return _hasher().verify(password[:LONGEST], kept)


@cache
def nobodys() -> str:
    """A hash to compare with when there is no such person, so that the answer takes as long."""
    return hashed("nobody has this password")


def weakness(password: str, username: str) -> str | None:
    """Why a password must not be used, or None."""
    if len(password) < SHORTEST:
        return f"รหัสผ่านต้องยาวอย่างน้อย {SHORTEST} ตัวอักษร"
    if len(password) > LONGEST:
        return f"รหัสผ่านต้องยาวไม่เกิน {LONGEST} ตัวอักษร"
    plain = fold(password)
    if username and fold(username) in plain:
        return "รหัสผ่านต้องไม่มีชื่อผู้ใช้อยู่ในนั้น"
    if len(set(plain)) < 5 or any(
        plain.startswith(common) and len(plain) < len(common) + 6 for common in _COMMON
    ):
        return "รหัสผ่านนี้เดาง่ายเกินไป: ใช้หลายคำต่อกัน"
    return None
