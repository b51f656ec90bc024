"""What leaves by post on paper: the book (form 16), slips (17), envelopes (15)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pypdfium2
import pytest

from saraban.office import Office
from saraban.queries.post import SIZES, PostLine
from tests.conftest import Clock
from tests.desk import At, Desk, Json, at, register, send
from tests.pictures import looks_like, text_of
from tests.screen import Sit, sit
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["at", "sit"]

TO = "ผู้ว่าราชการจังหวัดตัวอย่าง ศาลากลางจังหวัดตัวอย่าง ถนนตัวอย่าง 99000"
DISTRICT = "กราบเรียน ประธานศาลตัวอย่าง"


def posted(desk: Desk, *to: str, **said: object) -> Json:
    return desk.send(
        desk.register(**said), *([SCHOOL] if said.get("secrecy") is None else []), to={"post": to}
    )


def pdf(desk: Desk, path: str, **params: str) -> bytes:
    answer = desk.http.get(f"/api/v1{path}", params=params)
    assert answer.headers["content-type"] == "application/pdf", answer.text
    return answer.content


def sizes(content: bytes) -> Sequence[tuple[int, int]]:
    """Of every page, in millimetres."""
    with pypdfium2.PdfDocument(content) as document:
        return [tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in document]


def test_the_book_of_a_day_has_what_left_by_post_in_its_order(at: At, clock: Clock) -> None:
    clerk = at(OURS_TOO, "clerk", "secret", "สมศรี ตัวอย่าง")
    first = posted(clerk, TO, DISTRICT, urgency="most_urgent")
    hidden = posted(clerk, "ศูนย์ข่าวกรอง", secrecy="secret")
    parcel = next(line for line in clerk.lines(first) if line["to_text"] == TO)
    said = {"tracking_no": "EB123456785TH", "received_at": "2026-07-01T09:40:00+07:00"}
    assert clerk.ask("PATCH", f"/deliveries/{parcel['id']}", said).is_success
    clock.advance(days=1)
    posted(clerk, "นายอำเภอตัวอย่าง")
    day = {"sent_from": "2026-07-01", "sent_to": "2026-07-01"}
    assert [line["to_text"] for line in clerk.whole("/post", limit=2)] == [
        TO,
        DISTRICT,
        "ศูนย์ข่าวกรอง",
        "นายอำเภอตัวอย่าง",
    ]
    book = pdf(clerk, "/post/pdf", **day)
    told = text_of(book)
    assert "EB123456785TH" in told and "ศูนย์ข่าวกรอง" in told and "นายอำเภอ" not in told
    looks_like(book, "post_book")
    whole = text_of(pdf(clerk, "/post/pdf"))
    assert "วันที่๑กรกฎาคม๒๕๖๙ถึง๒กรกฎาคม๒๕๖๙" in whole, "what was not asked for is told by what stands in it"
    registry = text_of(pdf(at(OURS), "/post/pdf", **day))
    assert "ประธานศาล" in registry and "ศูนย์ข่าวกรอง" not in registry
    assert at(OURS).refused("GET", f"/dispatches/{hidden['id']}/envelopes/pdf") == (404, "not_found")
    assert at(STRANGERS).whole("/post") == []


def test_slips_and_envelopes_go_with_a_sending(at: At) -> None:
    clerk = at(OURS_TOO, "clerk", "secret", "สมศรี ตัวอย่าง")
    sent = posted(clerk, TO, DISTRICT, urgency="most_urgent", subject="ขอความอนุเคราะห์ใช้สถานที่")
    path = f"/dispatches/{sent['id']}"
    slips = pdf(clerk, f"{path}/post-receipts/pdf")
    assert text_of(slips).count("ขอความอนุเคราะห์ใช้สถานที่") == 2
    looks_like(slips, "post_receipt")
    envelopes = pdf(clerk, f"{path}/envelopes/pdf", paid_monthly="true")
    assert sizes(envelopes) == [SIZES["C5"]] * 2
    looks_like(envelopes, "envelope")
    one = next(line["id"] for line in clerk.lines(sent) if line["to_text"] == DISTRICT)
    for size, expected in SIZES.items():
        assert sizes(pdf(clerk, f"{path}/envelopes/pdf", size=size, delivery=one)) == [expected]
    only = text_of(pdf(clerk, f"{path}/envelopes/pdf", delivery=one))
    assert "กราบเรียนประธานศาลตัวอย่าง" in only and "เรียนผู้ว่า" not in only
    assert clerk.refused("GET", f"{path}/envelopes/pdf?size=A4") == (422, "invalid")
    school = next(line["id"] for line in clerk.lines(sent) if line["office"])
    assert clerk.refused("GET", f"{path}/post-receipts/pdf?delivery={school}") == (409, "nothing_by_post")
    assert at(STRANGERS).refused("GET", f"{path}/envelopes/pdf") == (404, "not_found")


@pytest.mark.parametrize(
    ("typed", "lines", "postcode"),
    [
        ("ผอ.ก 12/3 หมู่ 4 ตำบลข อำเภอค จังหวัดง 99000", ["ผอ.ก", "12/3 หมู่ 4 ตำบลข", "อำเภอค จังหวัดง"], "99000"),
        ("บริษัท ก เลขที่ 9 แขวงข เขตค ๑๐๓๐๐", ["บริษัท ก", "เลขที่ 9 แขวงข", "เขตค"], "๑๐๓๐๐"),
        ("สพป.ตัวอย่าง เขต 2 ตำบลข", ["สพป.ตัวอย่าง เขต 2", "ตำบลข"], ""),
        ("นายอำเภอตัวอย่าง", ["นายอำเภอตัวอย่าง"], ""),
    ],
)
def test_an_envelope_has_the_name_and_the_address_on_lines_of_their_own(
    typed: str, lines: list[str], postcode: str
) -> None:
    line = PostLine.model_construct(to_text=f"กราบเรียน {typed}")
    assert line.addressed == ("กราบเรียน", lines, postcode)


def test_a_secret_letter_goes_in_two_envelopes_and_its_slip_does_not_say_what_it_is(at: At) -> None:
    clerk = at(OURS_TOO, "clerk", "secret", "สมศรี ตัวอย่าง")
    sent = posted(clerk, TO, subject="เสือดาว", secrecy="secret")
    inner, outer = pages_text(pdf(clerk, f"/dispatches/{sent['id']}/envelopes/pdf"))
    assert inner.count("ลับมาก") == 2 and "ลับ" not in outer
    assert "เสือดาว" not in text_of(pdf(clerk, f"/dispatches/{sent['id']}/post-receipts/pdf"))
    looks = [one for one in at(OURS, "secret_registrar", "secret").whole("/events") if one["act"] == "look"]
    assert len(looks) == 2


def pages_text(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
def test_the_pages_lead_to_all_of_it(sit: Sit, office: Office) -> None:
    clerk = sit(OURS_TOO, "clerk")
    assert "ไม่มีหนังสือที่ส่งทางไปรษณีย์" in clerk.open("/post").text
    sent = send(office, clerk.actor, register(office, clerk.actor).id, offices=[SCHOOL], post=[TO])
    page = clerk.open(clerk.open("/sent").link("สมุดส่งหนังสือ"))
    assert page.path == "/post?sent_from=1%2F7%2F2569"
    assert TO in page.rows[0]
    following = clerk.open(f"/dispatches/S{sent.id}")
    for link in (
        page.link("พิมพ์สมุด"),
        page.link("ซอง"),
        page.link("ใบรับหนังสือ"),
        following.link("พิมพ์ใบรับหนังสือ"),
    ):
        assert clerk.get(link).headers["content-type"] == "application/pdf", link
    offered = re.findall(r'<option value="(\w+)"[^(]*\((\d+) × (\d+) มม', following.html)
    assert {name: (int(wide), int(high)) for name, wide, high in offered} == SIZES
    envelopes = clerk.get(f"{following.form('/envelopes').action}?size=DL&paid_monthly=1")
    assert sizes(envelopes.content) == [SIZES["DL"]]
    assert "ไม่มีผู้รับในกลุ่มนี้" in clerk.open(f"/dispatches/S{sent.id}?state=returned").text
    assert clerk.open("/post?sent_from=ก").status == 422
