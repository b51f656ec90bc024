"""A browser without scripts: keeps its cookies, follows nothing by itself, sends a form with its mark."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.server import DEADLINE

PASSWORD = "ตัวอย่างรหัสผ่านยาว"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page)
    assert found, "no form of ours on this page"
    return found[1]


class Browser(httpx.Client):
    def __init__(self, base_url: str) -> None:
        super().__init__(base_url=base_url, verify=False, timeout=DEADLINE)

    def see(self, path: str) -> str:
        """The page that stands there, wherever it is."""
        answer = self.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.text

    def enter(self, username: str, password: str = PASSWORD, next: str = "/") -> httpx.Response:
        """Log in, whoever sat here before."""
        words = {
            "csrf": csrf_in(self.see("/login")),
            "username": username,
            "password": password,
            "next": next,
        }
        return self.post_raw("/login", words)

    def sit(self, code: str, name: str, next: str = "/") -> httpx.Response:
        """Choose one of several offices by its name."""
        page = self.see("/desks")
        desks = re.findall(r'name="desk" value="([^"]*)"><strong>(.*?)</strong>', page)
        (desk,) = [number for number, called in desks if called == name]
        return self.post_raw("/desks", {"csrf": csrf_in(page), "desk": desk, "next": next})

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:  # type: ignore[override]
        """A form of ours, with its mark."""
        return self.post_raw(path, {"csrf": csrf_in(self.see("/password")), **(data or {})}, **more)

    def post_raw(self, path: str, data: dict[str, Any], **more: Any) -> httpx.Response:
        return super().post(path, data=data, **more)
