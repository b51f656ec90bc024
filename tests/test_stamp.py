"""The receive stamp: upright where there is room, whatever PDF has come; what came stays as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from sqlalchemy import func, select

from saraban import rendering
from saraban.commands.keep_upload import keep_upload
from saraban.commands.register_incoming import register_incoming
from saraban.errors import PdfDamaged, PdfLocked
from saraban.letters import NewIncoming
from saraban.office import Office
from saraban.press import Press, pages
from saraban.press.stamping import AUTO, CORNERS, Place, stamped
from saraban.queries.stamp import Stamp
from saraban.specimens import GROUP, SCHOOL_IN_ONE
from saraban.words import STAMP_PLACES
from storage.files import Spool
from storage.tables import event
from tests.desk import LETTER as SAID, At, Desk, at
from tests.documents import GIF, PDF
from tests.pictures import looks_like, text_of
from tests.screen import Sit, sit
from tests.world import OURS, SCHOOL

__all__ = ["at", "sit"]

MM = 72 / 25.4
A4 = (595.28, 841.89)
SAMPLE = Stamp("สพป.ตัวอย่าง เขต 1", 13498, datetime(2026, 7, 1, 2, 57, tzinfo=UTC))
Box = tuple[float, float, float, float]

# Emblem, number, address and text of a letter, from the left and the bottom, in points.
LETTER = [(270, 700, 60, 85), (85, 680, 150, 14), (360, 650, 170, 44), (85, 80, 455, 540)]


def drawn(ink: Sequence[Box] = LETTER, size: tuple[float, float] = A4, **said: Any) -> bytes:
    """A page of black boxes; `said` are entries of the page: Rotate, CropBox …"""
    pdf = pikepdf.Pdf.new()
    page = pdf.add_blank_page(page_size=size)
    page.contents_add(" ".join(f"{x} {y} {w} {h} re f" for x, y, w, h in ink).encode())
    for name, value in said.items():
        page.obj[f"/{name}"] = pikepdf.Array(value) if isinstance(value, list) else value
    return saved(pdf)


def saved(pdf: pikepdf.Pdf, **how: Any) -> bytes:
    made = BytesIO()
    pdf.save(made, static_id="encryption" not in how, **how)
    return made.getvalue()


def scanned(dpi: int) -> bytes:
    """A letter as a scanner makes it: a picture of grainy, greyish paper that lies askew."""
    paper = pypdfium2.PdfDocument(drawn())[0].render(scale=2, grayscale=True).to_pil()
    grain = Image.effect_noise(paper.size, 30)
    made = BytesIO()
    Image.blend(paper, grain, 0.15).rotate(0.6, fillcolor=190).save(made, "PDF", resolution=dpi)
    return made.getvalue()


@pytest.fixture(scope="module")
def alone(press: Press) -> Image.Image:
    """The stamp by itself, as it should look."""
    pdf = press.run(pages.pdf, HTML())
    return pypdfium2.PdfDocument(pdf)[0].render(scale=2, grayscale=True).to_pil().resize((200, 100))


def HTML() -> str:
    return rendering.html("pdf/stamp.html", stamp=SAMPLE)


@pytest.fixture
def laid(press: Press, tmp_path: Path) -> Callable[..., bytes]:
    def lay(original: bytes, place: Place = "auto") -> bytes:
        came = tmp_path / "came.pdf"
        came.write_bytes(original)
        made = press.run(stamped, came, HTML(), place)
        assert came.read_bytes() == original
        return made

    return lay


@pytest.fixture
def spot(laid: Callable[..., bytes], alone: Image.Image) -> Callable[..., Box]:
    """Where the stamp is on the page as it is shown: left, top, width and height in millimetres, upright."""

    def spotted(original: bytes, place: Place = "auto") -> Box:
        seen = pypdfium2.PdfDocument(laid(original, place))[0].render(scale=2).to_pil().convert("RGB")
        red, _, blue = seen.split()
        box = ImageChops.subtract(blue, red).point([0] * 50 + [255] * 206).getbbox()
        assert box is not None, "no stamp"
        shown = seen.crop(box).convert("L").resize((200, 100))
        unlike = [
            _apart(shown, alone.rotate(turn, expand=True).resize((200, 100))) for turn in (0, 90, 180, 270)
        ]
        assert unlike[0] * 1.7 < min(unlike[1:]), unlike
        left, top, right, bottom = (edge / 2 / MM for edge in box)
        return left, top, right - left, bottom - top

    return spotted


def _apart(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


TOP_RIGHT = (152.5, 7.5, 50, 25)


@pytest.mark.parametrize(
    ("original", "place"),
    [
        (drawn(), TOP_RIGHT),
        (drawn(size=A4[::-1]), (239.5, 7.5, 50, 25)),
        (drawn([(120, 60, 650, 475)], size=A4[::-1], Rotate=90), TOP_RIGHT),
        (drawn([(60, 60, 475, 650)], Rotate=180), (152.5, 254.5, 50, 25)),
        (drawn([(60, 60, 650, 475)], size=A4[::-1], Rotate=270), TOP_RIGHT),
        (drawn(size=(800, 1000), MediaBox=[-50, -60, 750, 940], CropBox=[0, 0, *A4]), TOP_RIGHT),
        (drawn([], size=(800, 1000), CropBox=[50, 60, 50 + A4[1], 60 + A4[0]], Rotate=90), TOP_RIGHT),
        (drawn(size=(595.28 / 2, 841.89 / 2), ink=[], UserUnit=2), (76.3, 3.7, 25, 12.5)),
        (drawn([], size=(420, 595)), (90.7, 7.5, 50, 25)),
        (drawn([], size=(842, 1190.5)), (239.5, 7.5, 50, 25)),
        (drawn([], size=(1654, 2339)), (423.7, 20.8, 138.9, 69.5)),
        (drawn([*LETTER, (330, 740, 250, 90)]), (42.5, 7.5, 50, 25)),
        (drawn([(20, 660, 560, 170), *LETTER[:-1], (20, 20, 400, 640)]), (152.5, 72, 50, 25)),
        (scanned(144), TOP_RIGHT),
    ],
    ids=[
        *("letter", "landscape", "turned right", "upside down", "turned left"),
        *("cut out", "cut out and turned", "large units", "a5", "a3", "scan that lost its resolution"),
        *("address on top", "room at the right only", "scan"),
    ],
)
def test_it_stands_upright_where_there_is_room(spot: Callable[..., Box], original: bytes, place: Box) -> None:
    assert spot(original) == pytest.approx(place, abs=2.6)


def test_it_stands_where_the_clerk_puts_it(spot: Callable[..., Box]) -> None:
    assert {AUTO, *CORNERS} == {*STAMP_PLACES}
    for place, expected in {
        "top_left": (10, 10),
        "top": (80, 10),
        "right": (150, 136),
        "bottom_left": (10, 262),
        (3.0, 20.5): (30, 205),
        (99.0, 99.0): (155, 267),
        (0.0, 0.0): (5, 5),
    }.items():
        assert spot(drawn([]), place) == pytest.approx((*expected, 50, 25), abs=1.5), place


def test_where_there_is_no_room_it_covers_the_least_and_stays_legible(spot: Callable[..., Box]) -> None:
    lines = [(0, y, 595, 8) for y in range(0, 842, 16) if y != 304]
    assert spot(drawn(lines)) == pytest.approx((152.5, 165, 50, 25), abs=2.6)


def test_a_page_whose_drawing_ends_askew_is_stamped_upright(spot: Callable[..., Box]) -> None:
    pdf = pikepdf.open(BytesIO(drawn()))
    pdf.pages[0].contents_add(b"Q Q 1 0 0 1 30 0 cm", prepend=True)
    pdf.pages[0].contents_add(b"q 0.3 0.2 0 0.3 50 50 cm BT")
    assert spot(saved(pdf)) == pytest.approx(TOP_RIGHT, abs=2.6)


def test_the_longest_name_of_an_office_stands_above_the_lines(press: Press) -> None:
    def below(house: str) -> Image.Image:
        pdf = press.run(pages.pdf, rendering.html("pdf/stamp.html", stamp=SAMPLE._replace(house=house)))
        page = pypdfium2.PdfDocument(pdf)[0].render(scale=4, grayscale=True).to_pil()
        return page.crop((0, page.height * 7 // 25, *page.size))

    district = "สำนักงานเขตพื้นที่การศึกษา"
    for house in (
        district,
        f"{district}มัธยมศึกษาประจวบคีรีขันธ์ เขต 10",
        SCHOOL_IN_ONE,
        f"{GROUP} {district}",
        "ก" * 500,
    ):
        assert ImageChops.difference(below(house), below(SAMPLE.house)).getbbox() is None, house


# -- what has come -----------------------------------------------------------------------------------------


def locked(**how: Any) -> bytes:
    return saved(pikepdf.open(BytesIO(drawn())), encryption=pikepdf.Encryption(owner="b", R=6, **how))


def signed() -> bytes:
    pdf = pikepdf.open(BytesIO(drawn()))
    value = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=pikepdf.String("x"))
    field = pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="a", V=value))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field], SigFlags=3)
    return saved(pdf)


def test_what_cannot_be_stamped_is_refused_and_says_why(laid: Callable[..., bytes]) -> None:
    nothing = saved(pikepdf.Pdf.new())
    for came, why in [
        (locked(user="a"), PdfLocked),
        (drawn()[:150], PdfDamaged),
        (b"%PDF-1.4\n" + bytes(2000), PdfDamaged),
        (nothing, PdfDamaged),
        (drawn(MediaBox=[0, 0, 0, 0]), PdfDamaged),
        (drawn(Contents=pikepdf.Name.Odd), PdfDamaged),
        (PDF.replace(b"842]", b"842]/Contents 5"), PdfDamaged),
        (PDF.replace(b"842]", b"1%s.0]" % (b"0" * 400)), PdfDamaged),
    ]:
        with pytest.raises(why):
            laid(came)


def test_what_is_only_odd_is_stamped(spot: Callable[..., Box]) -> None:
    for came in (
        drawn()[:-40],
        drawn().replace(b"startxref", b"startxxxx").replace(b"xref\n", b"xxxx\n"),
        drawn(Rotate=45, MediaBox=[595.28, 841.89, 0, 0]),
        locked(user="", allow=pikepdf.Permissions(modify_other=False, modify_annotation=False)),
        PDF,
    ):
        assert spot(came) == pytest.approx(TOP_RIGHT, abs=2.6)


def test_a_page_keeps_what_it_inherits(laid: Callable[..., bytes]) -> None:
    pdf = pikepdf.open(BytesIO(drawn()))
    page, pages = pdf.pages[0], pdf.Root.Pages
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    pages.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.contents_add(b"BT /F 24 Tf 100 40 Td (LETTER) Tj ET")
    del page.obj.Resources
    assert "LETTER" in text_of(laid(saved(pdf)))


def test_a_copy_bears_no_signature_that_its_stamp_has_broken(laid: Callable[..., bytes]) -> None:
    copy = pikepdf.open(BytesIO(laid(signed())))
    assert "/V" not in copy.Root.AcroForm.Fields[0]
    assert "/SigFlags" not in copy.Root.AcroForm


# -- in the office ------------------------------------------------------------------------------------------


def received(at: At, **said: Any) -> tuple[Desk, str, list[str]]:
    """A letter with a PDF and a picture in a school's incoming book: its line there, and its files."""
    ours, school = at(OURS, "clerk", "secret"), at(SCHOOL, "clerk", "secret")
    uploads = [ours.upload("หนังสือ.pdf", drawn()), ours.upload("แผนที่.gif", GIF)]
    letter = ours.register(**said, files=[{"upload": one} for one in uploads])
    ours.send(letter, SCHOOL)
    entry = school.look(school.acknowledge()["id"])["entry"]
    return school, f"/entries/{entry}/stamped", [one["id"] for one in letter["attachments"]]


def test_a_school_prints_what_it_has_received_with_its_stamp(at: At) -> None:
    school, path, (letter, picture) = received(at)
    answer = school.http.get(f"/api/v1{path}/{letter}")
    assert answer.headers["content-type"] == "application/pdf"
    assert unquote(answer.headers["content-disposition"]).endswith("หนังสือ ตรารับ 1.pdf")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "โรงเรียนบ้านตัวอย่าง๑" in text_of(answer.content)
    looks_like(answer.content, "stamp")
    assert school.http.get(f"/api/v1/attachments/{letter}").content == drawn()
    sheet = school.http.get(f"/api/v1{path.replace('stamped', 'stamp')}?place=left").content
    assert text_of(sheet) == text_of(answer.content)
    assert school.refused("GET", f"{path}/{picture}") == (409, "not_stamped")
    assert school.refused("GET", f"{path}/{letter}?x=-1") == (422, "invalid")
    assert school.refused("GET", f"{path}/{letter}?place=middle") == (422, "invalid")
    other = school.register("อื่น.pdf")
    assert school.refused("GET", f"{path}/{other['attachments'][0]['id']}") == (404, "not_found")
    assert school.refused("GET", f"/entries/{other['entry']}/stamp") == (409, "not_stamped")
    assert at(OURS, "clerk", "secret").refused("GET", f"{path}/{letter}") == (404, "not_found")
    incoming = school.post("/incoming", {**SAID, "letter_no": "1", "from_text": "ก"})
    school.post(f"/entries/{incoming['entry']}/void", {"reason": "ลงผิด"})
    assert school.refused("GET", f"/entries/{incoming['entry']}/stamp") == (409, "entry_void")


def test_a_secret_letters_stamped_copy_is_a_look_like_any_other(at: At, office: Office) -> None:
    school, path, (letter, _) = received(at, secrecy="secret")
    looks = select(func.count()).where(event.c.act == "look", event.c.body.contains(f"file {letter[1:]}"))
    assert school.http.get(f"/api/v1{path}/{letter}").is_success
    assert office.db.read(lambda db: db.execute(looks).scalar()) == 1
    assert at(SCHOOL).refused("GET", f"{path}/{letter}") == (404, "not_found")


def test_the_page_shows_where_the_stamp_will_stand(sit: Sit, office: Office, press: Press) -> None:
    clerk = sit(SCHOOL, "clerk")
    said = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก", "from_text": "ข", "letter_no": "1"}
    with Spool(office.settings.spool, 10**6) as spool:
        spool.write(drawn())
        upload = keep_upload(office, clerk.actor, spool, "หนังสือ.pdf")
    files = [{"upload": upload.id, "description": "ตัวหนังสือ"}]
    letter = register_incoming(office, clerk.actor, NewIncoming.model_validate({**said, "files": files}))
    line = clerk.open(f"/entries/E{letter.entry}")
    page = clerk.open(line.link("พิมพ์พร้อมตรารับ"))
    assert "ตัวหนังสือ" in page.text
    assert clerk.get(clerk.open(f"/letters/L{letter.id}").link("พิมพ์พร้อมตรารับ")).status_code == 200
    [address] = re.findall('<iframe src="(.*?)#', page.html)
    shown = clerk.get(html.unescape(address))
    assert shown.headers["content-type"] == "application/pdf"
    corner = clerk.open(f"{line.link('พิมพ์พร้อมตรารับ')}?file=&place=bottom_left&x=")
    [address] = re.findall('<iframe src="(.*?)#', corner.html)
    assert "file=&amp;place=bottom_left" in address
    assert clerk.get(html.unescape(address)).headers["content-type"] == "application/pdf"
    for on in ("", "file=&"):
        page = clerk.open(f"/entries/E{letter.entry}/stamp?{on}place=top&x=19&y=28")
        assert "ขอบซ้าย 15.5 ซม. ขอบบน 26.7 ซม." in page.text
        assert re.findall('name="place" value="(.*?)" checked', page.html) == [""]
    assert "ย้ายตรา" not in clerk.open(f"/entries/E{letter.entry}/stamp?x=12&y=2.5").text
    assert [*office.settings.spool.iterdir()] == []
    wrong = clerk.open(f"/entries/E{letter.entry}/stamp?x=ก")
    assert (wrong.status, 'role="alert"' in wrong.html) == (422, True)
