"""What is done in the background is tried again, and ends with the process that does it."""

from __future__ import annotations

import threading
from datetime import timedelta
from threading import Event

import pytest

from saraban.background import background


def test_a_round_that_failed_is_followed_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    bell, tried, done = Event(), Event(), Event()

    def act(ended: Event) -> None:
        if not tried.is_set():
            tried.set()
            bell.set()
            raise OSError("no database")
        done.set()

    with background("tidying", bell, timedelta(hours=1), act):
        assert not tried.is_set()
        bell.set()
        assert done.wait(10)
    assert "tidying failed" in caplog.text
    assert "tidying" not in {thread.name for thread in threading.enumerate()}


def test_who_works_in_the_background_is_told_to_end() -> None:
    bell, began = Event(), Event()

    def act(ended: Event) -> None:
        began.set()
        assert ended.wait(10)

    with background("printing", bell, timedelta(0), act):
        assert began.wait(10)
    assert "printing" not in {thread.name for thread in threading.enumerate()}
