"""Somebody at a desk: asks the office over real HTTP, with a key of one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from saraban.commands.acknowledge import Acknowledged, Acknowledging, acknowledge
from saraban.commands.enter_letter import Registered
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Sent, send_letter
from saraban.errors import Refusal
from saraban.letters import NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.inbox import InboxFilters, inbox
from storage import postgresql
from tests import world
from tests.documents import PDF
from tests.server import Client

Json = dict[str, Any]


class Desk:
    def __init__(self, office: Office, client: Client, actor: Actor) -> None:
        self.office, self.actor = office, actor
        self.key = world.key_for(office, actor)
        self.http = client.as_(self.key)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, f"/api/v1{path}", json=body, headers=named)

    def get(self, path: str, **params: Any) -> Json:
        return told(self.http.get(f"/api/v1{path}", params={n.rstrip("_"): v for n, v in params.items()}))

    def post(self, path: str, body: object = None, **headers: str) -> Json:
        return told(self.ask("POST", path, body, **headers))

    def refused(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """The status and the code of a refusal."""
        answer = self.ask(method, path, body, **headers)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["code"]

    def whole(self, path: str, limit: int = 50, **params: Any) -> list[Json]:
        """Every page of a list, one after the other."""
        items: list[Json] = []
        cursor: dict[str, object] = {}
        while True:
            page = self.get(path, limit=limit, **params, **cursor)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    # -- what a clerk does --

    def upload(self, name: str = "หนังสือ.pdf", content: bytes = PDF) -> str:
        path = "/api/v1/uploads"
        return str(told(self.http.post(path, params={"filename": name}, content=content))["id"])

    def register(self, *names: str, **said: Any) -> Json:
        """An outgoing letter, with a file of each of these names."""
        files = [{"upload": self.upload(name, PDF + name.encode())} for name in names]
        return self.post("/outgoing", {**LETTER, "files": files, **said})

    def send(self, letter: Json, *codes: str, to: Json | None = None, **said: Any) -> Json:
        return self.post(
            f"/letters/{letter['id']}/dispatches", {"to": {"offices": codes, **(to or {})}, **said}
        )

    def not_sent(self, letter: Json, to: Json, **said: Any) -> tuple[int, str]:
        return self.refused("POST", f"/letters/{letter['id']}/dispatches", {"to": to, **said})

    def lines(self, dispatch: Json, **params: Any) -> list[Json]:
        return self.whole(f"/dispatches/{dispatch['id']}/deliveries", **params)

    def receivers(self, dispatch: Json) -> list[str]:
        return [
            line["office"]["code"] if line["office"] else line["to_text"] for line in self.lines(dispatch)
        ]

    def totals(self, dispatch: Json) -> Json:
        counted: Json = self.get(f"/dispatches/{dispatch['id']}")["totals"]
        return {name: count for name, count in counted.items() if count}

    def inbox(self, **params: Any) -> list[Json]:
        return self.whole("/inbox", **params)

    def newest(self) -> str:
        """The id of what has come last."""
        return str(max((item["id"] for item in self.inbox()), key=lambda shown: int(shown[1:])))

    def look(self, delivery: str) -> Json:
        return self.get(f"/deliveries/{delivery}")

    def acknowledge(self, delivery: str | None = None, **said: Any) -> Json:
        return self.post(f"/deliveries/{delivery or self.newest()}/acknowledge", said)

    def give_back(self, delivery: str, reason: str = "ไม่มีสิ่งที่ส่งมาด้วย") -> Json:
        return self.post(f"/deliveries/{delivery}/return", {"reason": reason})

    def recall(self, dispatch: Json, reason: str = "ส่งผิดฉบับ") -> Json:
        return self.post(f"/dispatches/{dispatch['id']}/recall", {"reason": reason})


def told(answer: httpx.Response) -> Json:
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    said: Json = answer.json()
    return said


class At(Protocol):
    def __call__(self, code: str, role: str = "registrar", clearance: str = "open", name: str = ...) -> Desk:
        """Whoever sits in that office in that role: the same person each time."""


@pytest.fixture
def at(office: Office, client: Client) -> At:
    """The desks of the three offices."""
    world.three_offices(office)
    return desks(office, client)


def desks(office: Office, client: Client) -> At:
    taken: dict[tuple[str, ...], Desk] = {}

    def sit(code: str, role: str = "registrar", clearance: str = "open", name: str = "สมหญิง ตัวอย่าง") -> Desk:
        who = (code, role, clearance, name)
        if who not in taken:
            taken[who] = Desk(office, client, world.person(office, *who))
        return taken[who]

    return sit


# -- the same without HTTP, for many at once -------------------------------------------------------

LETTER = {"subject": "แจ้งกำหนดการสอบ O-NET", "dated": "2026-07-01", "to_text": "ผู้อำนวยการโรงเรียน"}


def register(office: Office, actor: Actor, **said: Any) -> Registered:
    return register_outgoing(office, actor, NewOutgoing.model_validate({**LETTER, **said}))


def send(office: Office, actor: Actor, letter_id: int, **to: object) -> Sent:
    return send_letter(office, actor, letter_id, NewDispatch.model_validate({"to": to}))


def receive(office: Office, actor: Actor, delivery_id: int) -> Acknowledged:
    return acknowledge(office, actor, delivery_id, Acknowledging())


def waiting(office: Office, actor: Actor) -> list[int]:
    """The deliveries that wait for this office, the oldest first."""
    return sorted(item.id for item in inbox(office, actor, InboxFilters(state="waiting", limit=500)).items)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All of them begin at the same moment; what they answer, unless one of them fails."""
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        start.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [begun.result() for begun in [pool.submit(begin, act) for act in acts]]


def or_refused(act: Callable[[], Any]) -> Callable[[], Any]:
    """The refusal is an answer, too."""

    def tried() -> Any:
        try:
            return act()
        except Refusal as refusal:
            return refusal

    return tried


@contextmanager
def in_the_middle(
    office: Office, after: str | tuple[str, ...], act: Callable[[], Any]
) -> Iterator[Future[Any]]:
    """Behind the first statement that begins so, somebody else begins to act: and ends, or waits for its end.

    On SQLite whoever writes is alone, so there the other always waits. Nowhere may the two wait in a circle:
    the database would end that by itself, but after a second, with the work of one thrown away."""
    engine = office.db.engine
    begun = threading.Event()
    circles: list[object] = []
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except BaseException as failure:
            done.set_exception(failure)

    other = threading.Thread(target=run)

    def between(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(after) and not begun.is_set():
            begun.set()
            other.start()
            while engine.dialect.name == "postgresql" and not (done.done() or _somebody_waits(engine)):
                pass

    passes = postgresql._passes

    def noted(failure: BaseException | None) -> bool:
        if isinstance(failure, DBAPIError) and getattr(failure.orig, "sqlstate", None) == "40P01":
            circles.append(failure)
        return passes(failure)

    event.listen(engine, "after_cursor_execute", between)
    postgresql._passes = noted
    try:
        yield done
        assert begun.is_set(), f"nothing began with {after}"
        done.exception(30)
        assert circles == []
    finally:
        event.remove(engine, "after_cursor_execute", between)
        postgresql._passes = passes
        if begun.is_set():
            other.join()


def _somebody_waits(engine: Engine) -> bool:
    for_a_lock = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with engine.connect() as connection:
        return connection.exec_driver_sql(for_a_lock).first() is not None
