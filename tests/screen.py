"""Somebody at a screen: reads pages and fills in their forms over real HTTP, without scripts."""

from __future__ import annotations

import html
import re
import secrets
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, Protocol

import httpx
import pytest
from sqlalchemy import insert, select

from routers.ui.pages import COOKIE
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import digest_of
from storage.tables import membership, office as offices, session
from tests import world
from tests.server import Client

Chosen = tuple[str, bytes]  # a file: its name and its content


class Form:
    def __init__(self, method: str, action: str, enctype: str) -> None:
        self.method, self.action, self.enctype = method, action, enctype
        self.fields: dict[str, list[str]] = {}
        self.names: set[str] = set()

    def value(self, name: str) -> str:
        return (self.fields.get(name) or [""])[0]


class Page(HTMLParser):
    """An answer as a person sees it: its words, and the forms with what stands in them."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.text
        self.forms: list[Form] = []
        self._named: str | None = None  # the textarea or select that is open
        self.feed(self.html)

    @property
    def path(self) -> str:
        return self.answer.url.raw_path.decode()

    @property
    def text(self) -> str:
        bare = re.sub(r"<(script|style|title).*?</\1>|<[^>]*>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())

    @property
    def title(self) -> str:
        return html.unescape(re.search("<title>(.*?)</title>", self.html, re.DOTALL)[1])  # type: ignore[index]

    @property
    def rows(self) -> list[str]:
        """The lines of its table."""
        body = "".join(re.findall("<tbody>(.*?)</tbody>", self.html, re.DOTALL))
        bare = [re.sub("<[^>]*>", " ", row) for row in re.findall("<tr.*?</tr>", body, re.DOTALL)]
        return [" ".join(html.unescape(row).split()) for row in bare]

    def link(self, words: str) -> str:
        """Where the link with these words leads, outside the menu."""
        main = self.html.partition('id="content"')[2]
        for address, inside in re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', main, re.DOTALL):
            if words in html.unescape(re.sub("<[^>]*>", "", inside)):
                return html.unescape(address)
        raise AssertionError(f"no link {words} in {self.text}")

    def form(self, action: str) -> Form:
        found = [form for form in self.forms if action in form.action]
        assert len(found) == 1, f"{len(found)} forms {action} in {[form.action for form in self.forms]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(action in form.action for form in self.forms)

    # -- reading --

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("method", "get"), told["action"], told.get("enctype", "")))
        name = told.get("name", "")
        if tag in ("input", "textarea", "select") and name and self.forms:
            self._field(self.forms[-1], tag, name, told)
        elif tag == "option" and self._named is not None and "selected" in told:
            self.forms[-1].fields[self._named] = [told["value"]]

    def _field(self, form: Form, tag: str, name: str, told: dict[str, str]) -> None:
        form.names.add(name)
        kind = told.get("type", "text")
        if tag != "input":
            self._named = name
        elif kind not in ("file", "radio", "checkbox") or "checked" in told:
            form.fields.setdefault(name, []).append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self._named = None

    def handle_data(self, data: str) -> None:
        if self._named is not None and self.forms and self.lasttag == "textarea":
            fields = self.forms[-1].fields
            fields[self._named] = ["".join(fields.get(self._named, [])) + data]


class Browser:
    def __init__(self, client: Client, token: str, actor: Actor) -> None:
        self.http = client.as_(None)
        self.http.cookies.set(COOKIE, token)
        self.actor = actor

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, follow_redirects=True)

    def open(self, path: str) -> Page:
        return Page(self.get(path))

    def send(
        self,
        form: Form,
        *,
        to_: str | None = None,
        files_: dict[str, Chosen] | None = None,
        **typed: Any,
    ) -> Page:
        """Fill in a form and press its button; `to_` is the address of another button."""
        said = {name: [one] if isinstance(one, str) else [*one] for name, one in typed.items()}
        fields = {**form.fields, **said}
        strange = set(typed) - form.names
        assert not strange, f"no fields {strange} in {form.action}"
        if form.enctype == "multipart/form-data":
            parts = [(name, (None, value.encode())) for name, values in fields.items() for value in values]
            chosen = [(name, file) for name, file in (files_ or {}).items()]
            return Page(self.http.post(to_ or form.action, files=[*parts, *chosen], follow_redirects=True))
        return Page(self.http.post(to_ or form.action, data=fields, follow_redirects=True))


class Sit(Protocol):
    def __call__(
        self, code: str, role: str = "registrar", clearance: str = "open", name: str = ...
    ) -> Browser:
        """Whoever sits in that office in that role, logged in: the same person each time."""


@pytest.fixture
def sit(office: Office, client: Client) -> Sit:
    """The screens of the three offices."""
    world.three_offices(office)
    taken: dict[tuple[str, ...], Browser] = {}

    def seat(
        code: str, role: str = "registrar", clearance: str = "open", name: str = "สมหญิง ตัวอย่าง"
    ) -> Browser:
        who = (code, role, clearance, name)
        if who not in taken:
            actor = world.person(office, *who)
            taken[who] = Browser(client, logged_in(office, actor), actor)
        return taken[who]

    return seat


def logged_in(office: Office, actor: Actor) -> str:
    """A session without the tenth of a second that a password costs on purpose."""
    token, now = secrets.token_urlsafe(32), office.clock()
    desk = (
        select(membership.c.id)
        .join(offices, offices.c.id == membership.c.office_id)
        .where(membership.c.person_id == actor.person_id, offices.c.code == actor.office_code)
        .scalar_subquery()
    )
    times = {"created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=8)}
    made = insert(session).values(
        digest=digest_of(token), person_id=actor.person_id, membership_id=desk, browser="", **times
    )
    office.db.write(lambda tx: tx.execute(made).rowcount)
    return token
