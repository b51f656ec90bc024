"""`saraban check`: content with what it should be content with, and precise about what is wrong."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from saraban.app import create_office
from saraban.ids import show
from saraban.office import Office
from saraban.queries.check import Report, check
from saraban.receipts import ReceiptFacts
from saraban.settings import Settings
from tests import world
from tests.conftest import Clock
from tests.history import MIB, History, Shelf, keys_of_files, live_through, register, tamper, upload


@pytest.fixture
def history(office: Office) -> History:
    return live_through(office)


@pytest.fixture
def shelf(settings: Settings, request: pytest.FixtureRequest) -> Shelf:
    return Shelf(settings, request.getfixturevalue("s3") if settings.files_url else None)


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.about) for finding in report.wrong]


def text_of(report: Report) -> str:
    assert len(report.wrong) == 1
    return report.wrong[0].text


# -- nothing is wrong ------------------------------------------------------------------------------------


def test_an_empty_office_is_sound(office: Office) -> None:
    assert check(office).sound


def test_a_sound_office_is_counted(history: History) -> None:
    report = check(history.office)
    assert found(report) == []
    assert report.notes == []
    counted = report.counted
    assert (counted["registers"], counted["entries"], counted["void"]) == (3, 5, 1)
    assert (counted["receipts"], counted["files"]) == (1, 2)
    assert counted["bytes"] == sum(file.size for file in history.sent.attachments)
    assert counted["houses"] == 3  # the root, ours, the school
    assert "ครบถ้วน" in list(report.lines())[-1]


def test_an_office_is_sound_at_every_moment_while_it_works(history: History) -> None:
    begun, enough = threading.Event(), threading.Event()

    def work() -> None:
        while not enough.is_set():
            register(history.office, history.clerk)
            begun.set()

    working = [threading.Thread(target=work) for _ in range(3)]
    for thread in working:
        thread.start()
    try:
        assert begun.wait(30)
        counts = [_sound_entries(history.office) for _ in range(8)]
    finally:
        enough.set()
        for thread in working:
            thread.join()
    assert counts == sorted(counts)
    assert counts[0] < counts[-1], "nothing happened in between"


def _sound_entries(office: Office) -> int:
    report = check(office)
    assert found(report) == []
    return report.counted["entries"]


def test_a_first_number_from_the_paper_book_is_no_hole(history: History, settings: Settings) -> None:
    tamper(
        settings, "UPDATE register SET first_number = 900, next_number = 900 WHERE next_number = first_number"
    )
    assert check(history.office).sound


# -- numbers ---------------------------------------------------------------------------------------------

OUTGOING = "9901 outgoing 2569"


def test_a_removed_entry_is_a_missing_number(history: History, settings: Settings) -> None:
    assert tamper(settings, "DELETE FROM entry WHERE kind = 'outgoing' AND number = 2") == 1
    report = check(history.office)
    assert found(report) == [("number_missing", OUTGOING)]
    assert text_of(report) == "เลขหาย 2"


def test_removed_entries_at_the_ends_are_missing_numbers(history: History, settings: Settings) -> None:
    for _ in range(3):
        register(history.office, history.clerk)
    tamper(settings, "DELETE FROM entry WHERE kind = 'outgoing' AND number IN (5, 6)")
    assert text_of(check(history.office)) == "เลขหาย 5–6 (2 เลข)"


def test_a_book_whose_entries_are_all_gone_misses_them(history: History, settings: Settings) -> None:
    tamper(settings, "DELETE FROM entry WHERE kind = 'outgoing'")
    assert text_of(check(history.office)) == "เลขหาย 1–3 (3 เลข)"


def test_a_book_that_was_set_back_would_give_a_number_twice(history: History, settings: Settings) -> None:
    tamper(settings, "UPDATE register SET next_number = 2 WHERE kind = 'outgoing'")
    report = check(history.office)
    assert found(report) == [("number_ahead", OUTGOING)]
    assert "2–3" in text_of(report)


def test_a_number_before_the_first_is_told(history: History, settings: Settings) -> None:
    tamper(settings, "UPDATE register SET first_number = 2 WHERE kind = 'outgoing'")
    assert found(check(history.office)) == [("number_twice", OUTGOING)]


def test_an_entry_that_says_another_book_is_told(history: History, settings: Settings) -> None:
    tamper(settings, "UPDATE entry SET year = 2568 WHERE kind = 'outgoing' AND number = 3")
    assert found(check(history.office)) == [("entry_in_wrong_book", show("E", history.based_on.entry))]


# -- events ----------------------------------------------------------------------------------------------


def test_a_deleted_event_is_missing(history: History, settings: Settings) -> None:
    assert tamper(settings, f"DELETE FROM event WHERE seq = 2 AND house_id = {history.clerk.house_id}") == 1
    report = check(history.office)
    assert found(report) == [("event_missing", "9901")]
    assert text_of(report) == "เหตุการณ์หาย ลำดับที่ 2"


def test_the_last_event_cannot_be_cut_off(history: History, settings: Settings) -> None:
    ours = f"house_id = {history.clerk.house_id}"
    tamper(settings, f"DELETE FROM event WHERE {ours} AND seq = (SELECT max(seq) FROM event WHERE {ours})")
    assert found(check(history.office)) == [("event_missing", "9901")]


def test_a_house_whose_events_are_all_gone_misses_them(history: History, settings: Settings) -> None:
    tamper(settings, f"DELETE FROM event WHERE house_id = {history.school.house_id}")
    report = check(history.office)
    assert found(report) == [("event_missing", world.SCHOOL)]
    assert text_of(report) == "เหตุการณ์หาย ลำดับที่ 1"


def test_a_changed_event_is_told_by_its_place(history: History, settings: Settings) -> None:
    ours = f"house_id = {history.clerk.house_id} AND seq = 3"
    assert (
        tamper(settings, f"UPDATE event SET body = replace(body, 'ออกเลขซ้ำ', 'อื่น') || ' ' WHERE {ours}") == 1
    )
    report = check(history.office)
    assert found(report) == [("event_changed", "9901")]
    assert "ลำดับที่ 3 " in text_of(report)


@pytest.mark.parametrize(
    "change",
    ["act = 'look'", "letter_id = NULL", "person_id = 1", "office_id = 1", "at = '2026-07-01 00:00:00+00'"],
)
def test_a_column_of_an_event_cannot_differ_from_what_was_hashed(
    history: History, settings: Settings, change: str
) -> None:
    if not settings.database_url:
        change = change.replace("+00'", ".000000'")
    tamper(settings, f"UPDATE event SET {change} WHERE house_id = {history.clerk.house_id} AND seq = 2")
    assert found(check(history.office)) == [("event_changed", "9901")]


def test_a_head_that_is_not_the_last_event_is_told(history: History, settings: Settings) -> None:
    tamper(settings, f"UPDATE chain SET seq = seq - 1 WHERE house_id = {history.clerk.house_id}")
    assert found(check(history.office)) == [("chain_head", "9901")]


def test_a_house_without_a_head_is_told(history: History, settings: Settings) -> None:
    tamper(settings, f"DELETE FROM chain WHERE house_id = {history.school.house_id}")
    assert found(check(history.office)) == [("chain_head", world.SCHOOL)]


# -- receipts --------------------------------------------------------------------------------------------


def test_a_changed_receipt_is_told_by_its_delivery(history: History, settings: Settings) -> None:
    tamper(settings, "UPDATE receipt SET document = replace(document, '\"number\": 1', '\"number\": 2')")
    report = check(history.office)
    assert found(report) == [("receipt_changed", show("D", history.acknowledged.id))]
    assert "ลายมือชื่อ" in text_of(report)


def test_a_receipt_that_is_gone_is_missed(history: History, settings: Settings) -> None:
    tamper(settings, "DELETE FROM receipt")
    assert found(check(history.office)) == [("receipt_missing", show("D", history.acknowledged.id))]


def test_a_receipt_of_an_unknown_key_is_not_genuine(history: History, settings: Settings) -> None:
    tamper(settings, "DELETE FROM signing_key")
    assert found(check(history.office)) == [("receipt_changed", show("D", history.acknowledged.id))]


@pytest.mark.parametrize(
    "fact",
    ["delivery", "letter_no", "dated", "sender", "receiver", "files", "number", "year", "acknowledged_at"],
)
def test_a_genuine_receipt_of_something_else_is_told(history: History, settings: Settings, fact: str) -> None:
    facts: ReceiptFacts = history.acknowledged.receipt["receipt"]
    other = {
        **facts,
        **{
            "delivery": {"delivery": "D999"},
            "letter_no": {"letter_no": "ศธ 04999/999"},
            "dated": {"dated": "2026-06-30"},
            "sender": {"sender": {"code": "9902", "name": facts["sender"]["name"]}},
            "receiver": {"receiver": {"code": "99010002", "name": facts["receiver"]["name"]}},
            "files": {"files": facts["files"][:1]},
            "number": {"number": 2},
            "year": {"year": 2568},
            "acknowledged_at": {"acknowledged_at": "2026-07-01T00:00:00.000000Z"},
        }[fact],
    }
    signed = json.dumps(history.office.signer.sign(other), ensure_ascii=False)  # type: ignore[arg-type]
    tamper(settings, f"UPDATE receipt SET document = '{signed}'")
    report = check(history.office)
    assert found(report) == [("receipt_differs", show("D", history.acknowledged.id))]
    assert text_of(report).endswith(f": {fact}")


def test_a_receiver_without_an_entry_is_told(history: History, settings: Settings) -> None:
    tamper(settings, "UPDATE delivery SET entry_id = NULL")
    about = show("D", history.acknowledged.id)
    assert found(check(history.office)) == [("receipt_differs", about), ("entry_missing", about)]


# -- files -----------------------------------------------------------------------------------------------


def test_a_changed_byte_is_told_by_its_file_and_place(history: History, shelf: Shelf) -> None:
    long = keys_of_files(history.office)[1]
    content = bytearray(shelf.read(long))
    content[MIB + 17] ^= 1
    shelf.write(long, bytes(content))
    report = check(history.office)
    assert found(report) == [("file_damaged", show("A", history.sent.attachments[1].id))]
    assert "MiB ที่ 2" in text_of(report)


def test_a_missing_file_is_told(history: History, shelf: Shelf) -> None:
    shelf.remove(keys_of_files(history.office)[0])
    report = check(history.office)
    assert found(report) == [("file_damaged", show("A", history.sent.attachments[0].id))]
    assert "หายไป" in text_of(report)


def test_a_file_that_was_changed_together_with_its_blocks_is_told(
    history: History, settings: Settings, shelf: Shelf
) -> None:
    """The receipt names the SHA-256 of the whole, which the row repeats."""
    short = keys_of_files(history.office)[0]
    tamper(settings, f"UPDATE blob SET sha256 = '{'0' * 64}' WHERE key = '{short}'")
    assert ("file_damaged", show("A", history.sent.attachments[0].id)) in found(check(history.office))


def test_an_attachment_without_its_bytes_is_told(history: History, settings: Settings) -> None:
    attached = history.sent.attachments[0].id
    tamper(settings, f"UPDATE attachment SET blob_id = 999 WHERE id = {attached}")
    assert ("blob_missing", show("A", attached)) in found(check(history.office))


def test_files_that_nobody_names_are_noted_and_not_wrong(
    history: History, settings: Settings, shelf: Shelf, clock: Clock
) -> None:
    stray = f"{'ab' * 32}-00000000"
    shelf.write(stray, b"left behind")
    upload(history.office, history.clerk, "ค้าง.pdf", shelf.read(keys_of_files(history.office)[0]) + b"\n")
    tamper(settings, "DELETE FROM upload WHERE used_at IS NULL")
    # A file's own time is the machine's, and a fresh one may belong to an act that is not committed yet.
    clock.at = datetime.now(UTC)
    unused = keys_of_files(history.office)[2]
    assert [(note.code, note.about) for note in check(history.office).notes] == [("blob_unnamed", unused)]
    clock.at += timedelta(hours=2)
    report = check(history.office)
    assert report.sound
    assert [(note.code, note.about) for note in report.notes] == [
        ("blob_unnamed", unused),
        ("file_unnamed", stray),
    ]


# -- what is said ----------------------------------------------------------------------------------------


def test_many_findings_of_a_kind_are_counted_and_not_listed(history: History, settings: Settings) -> None:
    for _ in range(102):
        register(history.office, history.clerk)
    tamper(settings, f"UPDATE event SET act = 'x' WHERE house_id = {history.clerk.house_id}")
    report = check(history.office)
    assert len(report.wrong) == 100
    assert report.kinds["event_changed"] > 102
    assert any(f"อีก {report.kinds['event_changed'] - 100:,} รายการ" in line for line in report.lines())


def test_findings_hold_no_words_of_letters(history: History, settings: Settings, shelf: Shelf) -> None:
    for key in keys_of_files(history.office):
        shelf.remove(key)
    tamper(settings, "UPDATE event SET act = 'x'")
    tamper(settings, "UPDATE receipt SET document = replace(document, 'ศธ', 'สธ')")
    said = "\n".join(check(history.office).lines())
    for words in (history.sent.subject, "หนังสือ.pdf", history.clerk.person_name):
        assert words not in said


def test_another_process_may_check(history: History, settings: Settings) -> None:
    other = create_office(settings, history.office.clock)
    try:
        assert check(other).sound
    finally:
        other.close()
