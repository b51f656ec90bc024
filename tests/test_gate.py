"""Nobody gets in: every route, whoever asks, and before a byte of what they send is read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from saraban.commands.keep_offices import OfficeChange, change_office
from saraban.office import Office
from saraban.permissions import ALLOWED, Act, Role
from storage.tables import key, membership, person
from tests import world
from tests.contract import Operation, operations, routes
from tests.desk import At, at
from tests.documents import PDF
from tests.server import Client
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["at"]

HUGE = 150 * 2**20

# Who may call what: the act that each route is. A new route without a line here fails.
ACTS: dict[str, Act | None] = {
    "GET /me": None,
    "GET /outgoing": Act.READ,
    "POST /outgoing": Act.REGISTER,
    "GET /incoming": Act.READ,
    "POST /incoming": Act.REGISTER,
    "GET /letters/{letter}": Act.READ,
    "PATCH /letters/{letter}": Act.CORRECT,
    "POST /letters/{letter}/attachments": Act.REGISTER,
    "GET /letters/{letter}/pdf": Act.READ,
    "POST /letters/{letter}/paper/file": Act.REGISTER,
    "POST /letters/{letter}/dispatches": Act.SEND,
    "GET /entries/{entry}": Act.READ,
    "GET /entries/{entry}/stamp": Act.READ,
    "GET /entries/{entry}/stamped/{attachment}": Act.READ,
    "PATCH /entries/{entry}": Act.CORRECT,
    "POST /entries/{entry}/void": Act.VOID,
    "POST /entries/{entry}/assignments": Act.ASSIGN,
    "GET /assignments": Act.READ,
    "POST /assignments/{assignment}/accept": Act.WORK,
    "POST /assignments/{assignment}/hand-back": Act.WORK,
    "POST /assignments/{assignment}/done": Act.WORK,
    "POST /uploads": Act.REGISTER,
    "GET /attachments/{attachment}": Act.READ,
    "DELETE /attachments/{attachment}": Act.CORRECT,
    "GET /dispatches": Act.READ,
    "GET /dispatches/{dispatch}": Act.READ,
    "GET /dispatches/{dispatch}/pdf": Act.READ,
    "GET /dispatches/{dispatch}/envelopes/pdf": Act.READ,
    "GET /dispatches/{dispatch}/post-receipts/pdf": Act.READ,
    "GET /post": Act.READ,
    "GET /post/pdf": Act.READ,
    "GET /dispatches/{dispatch}/deliveries": Act.READ,
    "POST /dispatches/{dispatch}/recall": Act.SEND,
    "POST /dispatches/{dispatch}/remind": Act.SEND,
    "GET /inbox": Act.READ,
    "GET /deliveries": Act.READ,
    "GET /deliveries/{delivery}": Act.READ,
    "PATCH /deliveries/{delivery}": Act.SEND,
    "GET /deliveries/{delivery}/receipt": Act.READ,
    "GET /deliveries/{delivery}/receipt/pdf": Act.READ,
    "POST /deliveries/{delivery}/acknowledge": Act.RECEIVE,
    "POST /deliveries/{delivery}/return": Act.RECEIVE,
    "GET /registers": Act.READ,
    "PUT /registers/{kind}/{year}": Act.KEEP_REGISTERS,
    "GET /offices": Act.READ,
    "POST /offices": Act.KEEP_OFFICES,
    "PATCH /offices/{code}": Act.KEEP_OFFICES,
    "GET /offices/{code}/letterhead": Act.KEEP_OFFICES,
    "PUT /offices/{code}/letterhead": Act.KEEP_OFFICES,
    "GET /people": Act.READ,
    "POST /people": Act.KEEP_PEOPLE,
    "GET /recipient-groups": Act.READ,
    "POST /recipient-groups": Act.KEEP_GROUPS,
    "PUT /recipient-groups/{group}": Act.KEEP_GROUPS,
    "DELETE /recipient-groups/{group}": Act.KEEP_GROUPS,
    "GET /events": Act.READ_EVENTS,
    "GET /outgoing/pdf": Act.READ,
    "GET /incoming/pdf": Act.READ,
    "GET /printouts": Act.READ,
    "POST /printouts": Act.READ,
    "GET /printouts/{printout}": Act.READ,
    "POST /printouts/{printout}/cancel": Act.READ,
    "GET /printouts/{printout}/pdf": Act.READ,
}
NOT_IDS = {"kind": "outgoing", "year": "2569"}  # of one's own books, whoever asks


def one_of_each(at: At) -> dict[str, Any]:
    """An id of ours for every kind of thing that stands in an address."""
    ours, school = at(OURS), at(SCHOOL)
    letter = ours.register("หนังสือ.pdf")
    dispatch = ours.send(letter, SCHOOL)
    acknowledged = school.acknowledge()
    to = {"office": OURS_TOO, "instruction": "เพื่อทราบ"}
    return {
        "letter": letter["id"],
        "entry": letter["entry"],
        "attachment": letter["attachments"][0]["id"],
        "dispatch": dispatch["id"],
        "delivery": acknowledged["id"],
        "assignment": ours.post(f"/entries/{letter['entry']}/assignments", to)["id"],
        "group": ours.post("/recipient-groups", {"name": "กลุ่มเครือข่าย", "offices": [SCHOOL]})["id"],
        "printout": ours.post("/printouts", {"book": "outgoing"})["id"],
        "code": OURS_TOO,
        **NOT_IDS,
    }


def test_every_route_is_described_and_has_its_act(app: FastAPI) -> None:
    described = {operation.name for operation in operations(app)}
    assert described == routes()
    assert described == set(ACTS)


# -- who are you? ----------------------------------------------------------------------------------------


def keys_that_open_nothing(office: Office) -> dict[str, str | None]:
    """A key of somebody who was somebody once, for each way of being nobody any more."""
    kept = {
        name: world.person(office, code)
        for name, code in (("revoked", OURS), ("ended", OURS), ("gone", OURS))
    }
    closed = world.person(office, world.OTHER_SCHOOL)
    keys: dict[str, str | None] = {name: world.key_for(office, who) for name, who in kept.items()}
    keys |= {"closed": world.key_for(office, closed), "none": None, "garbage": "sbn_กขค"}
    with_id = {name: who.person_id for name, who in kept.items()}

    def end(tx: Any) -> None:
        at = office.clock()
        whose = membership.c.person_id == with_id["revoked"]
        of_it = key.c.membership_id.in_(membership.select().with_only_columns(membership.c.id).where(whose))
        tx.execute(update(key).where(of_it).values(revoked_at=at))
        tx.execute(update(membership).where(membership.c.person_id == with_id["ended"]).values(ended_at=at))
        tx.execute(update(person).where(person.c.id == with_id["gone"]).values(is_active=False))

    office.db.write(end)
    change_office(
        office, world.person(office, OURS, "admin"), world.OTHER_SCHOOL, OfficeChange(is_open=False)
    )
    return keys


def test_no_route_opens_without_a_key_that_stands(office: Office, app: FastAPI, client: Client) -> None:
    world.three_offices(office)
    ids = dict.fromkeys(
        (
            *("letter", "entry", "attachment", "dispatch", "delivery", "assignment", "group", "printout"),
            "code",
        ),
        "L1",
    )
    open_ = []
    for name, secret in keys_that_open_nothing(office).items():
        header = {} if secret is None else {"Authorization": f"Bearer {secret}".encode()}
        for operation in operations(app):
            path = operation.path.format(**ids, **NOT_IDS)
            answer = client.request(operation.method, path, headers=header)
            if (answer.status_code, code_of(answer)) != (401, "unauthenticated"):
                open_.append((name, operation.name, answer.status_code))
            assert answer.headers["www-authenticate"] == "Bearer"
    assert open_ == []


def test_what_is_not_there_asks_for_a_key_too(client: Client) -> None:
    assert client.get("/api/v1/no-such-thing").status_code == 401
    assert client.get("/api/v1").status_code == 401
    assert client.get("/api/v2/no-such-thing").status_code == 404


@pytest.mark.parametrize("announced", [f"Content-Length: {HUGE}", "Transfer-Encoding: chunked"])
def test_a_strangers_body_is_not_read(app: FastAPI, client: Client, announced: str) -> None:
    for operation in operations(app):
        if operation.method in ("POST", "PUT", "PATCH"):
            path = operation.path.format_map(Anything())
            with spoken_to(
                client, operation.method, path, announced, "Content-Type: application/json"
            ) as line:
                line.sendall(b"5\r\n[1234" if "chunked" in announced else b"[1234")
                answer = heard(line)  # and the connection ends: nobody waits for the rest
            assert answer.startswith(b"HTTP/1.1 401 "), (operation.name, answer)
            assert b'"code":"unauthenticated"' in answer


class Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return NOT_IDS.get(name, "L1")


@contextmanager
def spoken_to(client: Client, method: str, path: str, *headers: str) -> Iterator[socket.socket]:
    """A connection on which the head of a request has been said."""
    host, port = client.base_url.host, client.base_url.port
    said = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if "authorization" in client.headers:
        said.append(f"Authorization: {client.headers['authorization']}")
    with socket.create_connection((host, port), timeout=30) as line:
        line.sendall("\r\n".join([*said, "", ""]).encode())
        yield line


def heard(line: socket.socket) -> bytes:
    """All that is said until the other side ends the connection."""
    answer = b""
    with suppress(ConnectionResetError):  # what was still on its way to a server that had already hung up
        while piece := line.recv(65536):
            answer += piece
    return answer


def heard_at_once(line: socket.socket) -> bytes:
    """An answer, when the connection is kept open after it."""
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        piece = line.recv(65536)
        assert piece, answer
        answer += piece
    return answer


def code_of(answer: httpx.Response) -> str | None:
    if answer.headers.get("content-type") != "application/problem+json":
        return None
    return str(answer.json()["code"])


# -- somebody else's -------------------------------------------------------------------------------------


def test_another_houses_things_are_not_found(at: At, app: FastAPI) -> None:
    ids = one_of_each(at)
    stranger = at(STRANGERS, "admin", "secret")
    stranger.register()
    found = []
    for operation in operations(app):
        assert set(operation.parameters) <= set(ids), f"{operation.name}: who owns it?"
        if set(operation.parameters) - set(NOT_IDS):
            answer = operation.ask(stranger.http, ids)
            if (answer.status_code, code_of(answer)) != (404, "not_found"):
                found.append((operation.name, answer.status_code, answer.text))
    assert found == []


def test_what_is_no_id_of_that_kind_is_not_found(at: At, app: FastAPI) -> None:
    ids = one_of_each(at)
    ours = at(OURS, "admin")
    found = []
    for operation in operations(app):
        for name in set(operation.parameters) - {"code", *NOT_IDS}:
            own = ids[name]
            other = "E" if own[0] != "E" else "L"
            for wrong in (
                other + own[1:],
                own[1:],
                own + "0" * 30,
                own[0] + "0",
                own.lower(),
                own + "%00",
                own + "%20",
                "ก",
            ):
                answer = operation.ask(ours.http, {**ids, name: wrong})
                if (answer.status_code, code_of(answer)) != (404, "not_found"):
                    found.append((operation.name, wrong, answer.status_code, answer.text))
    assert found == []


# -- not your role ---------------------------------------------------------------------------------------


def test_each_role_may_do_what_the_table_says_and_nothing_else(at: At, app: FastAPI) -> None:
    ids = one_of_each(at)
    wrong = []
    for role in Role:
        desk = at(OURS, role)
        for operation in operations(app):
            act = ACTS[operation.name]
            allowed = act is None or role in ALLOWED[act]
            answer = operation.ask(desk.http, ids)
            assert answer.status_code < 500, (operation.name, answer.text)
            if (answer.status_code != 403) != allowed or (
                not allowed and code_of(answer) != "role_not_allowed"
            ):
                wrong.append((str(role), operation.name, answer.status_code, code_of(answer)))
    assert wrong == []


# -- how much, and in which shape ------------------------------------------------------------------------


def takers_of_json(app: FastAPI) -> list[Operation]:
    found = [operation for operation in operations(app) if operation.takes_json]
    assert len(found) > 15
    return found


def test_too_much_json_is_refused_before_it_is_read(at: At, app: FastAPI, office: Office) -> None:
    ids = one_of_each(at)
    ours = at(OURS, "admin")
    much = office.settings.max_body_bytes + 1
    for operation in takers_of_json(app):
        path = operation.path.format(**ids)
        headers = (f"Content-Length: {much}", "Content-Type: application/json")
        with spoken_to(ours.http, operation.method, path, *headers) as line:
            answer = heard_at_once(line)
        assert answer.startswith(b"HTTP/1.1 413 "), (operation.name, answer)
        assert b'"code":"body_too_large"' in answer


def test_too_much_json_is_refused_while_it_is_read_when_it_was_not_announced(
    at: At, app: FastAPI, office: Office
) -> None:
    ids = one_of_each(at)
    ours = at(OURS, "admin")
    piece = b" " * 2**16

    def more() -> Iterator[bytes]:
        for _ in range(office.settings.max_body_bytes // len(piece) + 2):
            yield piece

    for operation in takers_of_json(app)[:3]:
        answer = ours.http.request(
            operation.method,
            operation.path.format(**ids),
            content=more(),
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
    body = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก", "note": " " * (2 * 2**20)}
    assert ours.refused("POST", "/outgoing", body) == (413, "body_too_large")


def test_a_body_that_stops_half_way_uses_no_number(at: At) -> None:
    ours = at(OURS)
    body = b'{"subject": "x", "dated": "2026-07-01", "to_text": "x"}'
    headers = (f"Content-Length: {len(body) + 9}", "Content-Type: application/json")
    with spoken_to(ours.http, "POST", "/api/v1/outgoing", *headers) as line:
        line.sendall(body)
        line.shutdown(socket.SHUT_WR)
        heard(line)
    assert ours.register()["number"] == 1


UNREADABLE = {
    "half": b'{"subject": ',
    "nothing": b"",
    "no text": b'{"subject": "\xff\xfe"}',
    "too deep": b"[" * 100_000,
    "a list": b"[]",
    "a word": b'"subject"',
    "null": b"null",
    "a number without end": b'{"subject": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_json_that_cannot_be_read_is_a_wrong_field(at: At, body: bytes) -> None:
    answer = at(OURS).http.post(
        "/api/v1/outgoing", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, code_of(answer)) == (422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_a_body_in_another_shape_than_json_is_the_wrong_kind(at: At, app: FastAPI, kind: str | None) -> None:
    ids = one_of_each(at)
    ours = at(OURS, "admin")
    headers = {"Content-Type": kind} if kind else {}
    for operation in takers_of_json(app):
        answer = ours.http.request(
            operation.method, operation.path.format(**ids), content=b'{"subject": "x"}', headers=headers
        )
        assert (answer.status_code, code_of(answer)) == (415, "wrong_body_kind"), operation.name
        assert "application/json" in answer.json()["detail"]


def test_a_form_where_only_json_is_taken_is_the_wrong_kind(at: At) -> None:
    answer = at(OURS, "admin").http.post(
        "/api/v1/offices", files={"file": ("a.pdf", PDF)}, data={"code": "1"}
    )
    assert (answer.status_code, code_of(answer)) == (415, "wrong_body_kind")


def test_a_body_that_is_deep_or_wide_costs_nothing_and_is_refused(at: At) -> None:
    ours = at(OURS)
    deep = b'{"subject": ' + b"[" * 900 + b"1" + b"]" * 900 + b"}"
    names = b",".join(b'"%d": 1' % n for n in range(150_000))
    for body in (deep, b"{" + names + b', "1": 1}', b"{" + names + b"}"):
        answer = ours.http.post(
            "/api/v1/outgoing", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, code_of(answer)) == (422, "invalid")
        assert len(answer.json()["errors"]) <= 100


def test_an_unknown_field_and_one_said_twice_are_named(at: At) -> None:
    ours = at(OURS)
    usual = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก"}
    answer = ours.ask("POST", "/outgoing", {**usual, "colour": "red"})
    assert errors_of(answer) == {"colour": "ไม่มีช่องนี้: ตรวจสอบชื่อช่องอีกครั้ง"}
    twice = b'{"subject": "a", "subject": "b", "dated": "2026-07-01", "to_text": "c"}'
    answer = ours.http.post("/api/v1/outgoing", content=twice, headers={"Content-Type": "application/json"})
    assert errors_of(answer) == {"subject": "ระบุได้ครั้งเดียว"}
    numbers = {**usual, "reply_to": 1, "files": [{"upload": 1}], "year": 2569}
    assert errors_of(ours.ask("POST", "/outgoing", numbers)) == dict.fromkeys(
        ("reply_to", "files.0.upload"), "ต้องเป็นข้อความ"
    )
    letter = ours.register()
    answer = ours.ask(
        "POST", f"/letters/{letter['id']}/dispatches", {"to": {"offices": [SCHOOL, "", 3], "x": 1}}
    )
    assert set(errors_of(answer)) == {"to.offices.1", "to.offices.2", "to.x"}
    answer = ours.ask("POST", "/outgoing", {**usual, "urgency": "slow", "circular": "yes", "references": "x"})
    assert set(errors_of(answer)) == {"urgency", "circular", "references"}
    assert ours.register()["number"] == 2


def test_a_filter_that_no_route_knows_is_refused_by_every_route(at: At, app: FastAPI) -> None:
    ids = one_of_each(at)
    ours = at(OURS, "admin")
    passed = []
    for operation in operations(app):
        params = (
            {"strange": "1", "filename": "a.pdf"} if operation.name == "POST /uploads" else {"strange": "1"}
        )
        answer = operation.ask(ours.http, ids, params=params)
        if errors_of(answer) != {"strange": "ไม่มีช่องนี้: ตรวจสอบชื่อช่องอีกครั้ง"}:
            passed.append((operation.name, answer.status_code))
    assert passed == []


def test_a_filter_said_twice_is_refused_where_it_is_no_list(at: At) -> None:
    ours = at(OURS)
    assert errors_of(ours.http.get("/api/v1/outgoing?year=2569&year=2568")) == {"year": "ระบุได้ครั้งเดียว"}
    assert ours.http.get("/api/v1/deliveries?as=sender&as=receiver").is_success


def errors_of(answer: httpx.Response) -> dict[str, str]:
    assert (answer.status_code, code_of(answer)) == (422, "invalid"), answer.text
    return {error["field"]: error["message"] for error in told_errors(answer)}


def told_errors(answer: httpx.Response) -> list[dict[str, str]]:
    errors: list[dict[str, str]] = answer.json()["errors"]
    return errors
