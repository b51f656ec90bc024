"""kill -9 in the middle of the work: every answered number is there, none twice, none missing."""

from __future__ import annotations

import threading

import httpx

from saraban.office import Office
from saraban.queries.check import check
from saraban.settings import Settings
from tests import world
from tests.desk import register
from tests.server import Client, serve_process

AT_ONCE, ENOUGH = 6, 80
LETTER = {"subject": "รายงานข้อมูลนักเรียน", "dated": "2026-07-01", "to_text": "ผู้อำนวยการโรงเรียน"}


class Answered:
    """The numbers that clients were told, and the moment at which there are enough of them."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.failures: list[object] = []
        self.changed = threading.Condition()

    def tell(self, number: int) -> None:
        with self.changed:
            self.numbers.append(number)
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.numbers) >= count or self.failures, timeout=60)
            assert not self.failures


def register_until_the_end(client: Client, answered: Answered) -> None:
    try:
        while True:
            answer = client.post("/api/v1/outgoing", json=LETTER)
            if answer.status_code != 201:
                answered.failures.append(answer.text)
                return
            answered.tell(answer.json()["number"])
    except httpx.TransportError:
        return  # the server is gone, which is what this is about


def test_every_answered_number_survives_kill_9(office: Office, settings: Settings) -> None:
    workers = 2  # what holds for two processes holds for one
    world.area(office)
    clerk = world.person(office)
    key = world.key_for(office, clerk)
    answered = Answered()
    for life in (1, 2):  # the second begins with what the first left
        with serve_process(settings, workers) as server, Client(server.base_url, key) as client:
            working = [
                threading.Thread(target=register_until_the_end, args=[client, answered])
                for _ in range(AT_ONCE)
            ]
            for thread in working:
                thread.start()
            answered.wait_for(ENOUGH * life)
            server.kill()
            for thread in working:
                thread.join()
        assert answered.failures == []
    following = register(office, clerk).number
    report = check(office)
    assert report.wrong == []
    # What was committed but not answered any more is there too: at most one for each who waited, each time.
    assert report.counted["entries"] == following
    assert len(answered.numbers) == len(set(answered.numbers))
    assert set(answered.numbers) <= set(range(1, following))
    assert following - 1 - len(answered.numbers) <= 2 * AT_ONCE
