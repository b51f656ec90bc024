"""A receipt on paper: a page to file, the signed file inside, and a public page where anybody checks both."""

from __future__ import annotations

import json
import re
import zlib
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import httpx
import pikepdf
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from routers import askers, receipts
from routers.paper import Line
from saraban.cli import main
from saraban.errors import PrintBusy
from saraban.office import Office
from saraban.press import Press, pages
from saraban.press.enclosed import enclosed
from saraban.queries.deliveries import ReceiptShown
from saraban.receipts import ReceiptDocument, Signer, verify
from tests.conftest import Clock
from tests.desk import At, at
from tests.documents import PDF, PNG
from tests.papers import RECEIPT
from tests.pictures import looks_like, pages_of, text_of
from tests.server import Client
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["at"]

SUBJECT, PERSON = "การจัดสรรงบประมาณ", "สมชาย <b>ตัวอย่าง</b>"


@pytest.fixture
def acknowledged(at: At) -> str:
    """A delivery that a school has acknowledged."""
    ours, school = at(OURS_TOO), at(SCHOOL, name=PERSON)
    ours.send(ours.register("หนังสือ.pdf", subject=SUBJECT), SCHOOL)
    return str(school.acknowledge()["id"])


def in_the_pdf(content: bytes) -> tuple[str, bytes]:
    """The address behind the QR code, and the signed file."""
    with pikepdf.open(BytesIO(content)) as pdf:
        (link,) = [one.A.URI for page in pdf.pages for one in page.get("/Annots", [])]
        (signed,) = pdf.attachments.values()
        return str(link), signed.get_file().read_bytes()


def test_a_receipt_on_paper_holds_the_signed_file_and_leads_to_its_check(
    at: At, acknowledged: str, office: Office, client: Client, clock: Clock, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = f"/deliveries/{acknowledged}/receipt"
    ours = at(OURS)
    assert ours.http.get(f"/api/v1{path}").headers["content-type"] == "application/json"
    paper = ours.ask("GET", path, Accept="application/pdf")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert ours.ask("GET", f"{path}/pdf").content == paper.content
    assert at(STRANGERS).refused("GET", f"{path}/pdf") == (404, "not_found")
    told = text_of(paper.content)
    for words in ("สมชาย<b>ตัวอย่าง</b>", SUBJECT, "โรงเรียนบ้านตัวอย่าง๑", "กลุ่มอำนวยการสพป.ตัวอย่างเขต๑"):
        assert words in told, told

    check, signed = in_the_pdf(paper.content)
    assert json.loads(signed) == ours.get(path)
    keys, file = tmp_path / "keys.json", tmp_path / "receipt.pdf"
    keys.write_text(client.get("/.well-known/saraban-keys").text)
    file.write_bytes(paper.content)
    assert main(["verify", "--key", str(keys), str(file)]) == 0
    assert "1/2569" in capsys.readouterr().out

    anybody_can_check(client, check, [paper.content, signed])
    file.write_bytes(PDF)
    assert main(["verify", "--key", str(keys), str(file)]) == 1
    not_for_ever(client, check, clock, monkeypatch, office.press)


def anybody_can_check(client: Client, check: str, files: list[bytes]) -> None:
    """No key, no session; nothing is told but numbers and dates, and to whoever has the file who sent and who
    received what it is of."""
    by_code, by_file = client.get(check), [dropped(client, file) for file in files]
    for answer in (by_code, *by_file):
        assert answer.status_code == 200
        assert "ตรงกัน" in answer.text
        said = " ".join(answer.text.split())  # some blanks are not to be broken
        for told in ("ศธ 04999/1", "1/2569", "1 กรกฎาคม 2569", "1 ก.ค. 2569 09:57:26 น."):
            assert told in said
        for secret in (SUBJECT, "สมชาย", "หนังสือ.pdf"):
            assert secret not in answer.text
        for office in ("กลุ่มอำนวยการ สพป.ตัวอย่าง", "โรงเรียนบ้านตัวอย่าง 1"):
            assert (office in said) == (answer in by_file)
    flipped = check[:-1] + ("0" if check[-1] != "0" else "1")
    strange = [flipped, check[:-1], re.sub(r"/D\d+/", "/D99/", check), re.sub(r"/D\d+/", "/Dก/", check)]
    changed = [files[1].replace(b'"number":1', b'"number":2'), two_of_a_name(files[1], b"{}")]
    for answer in (*map(client.get, strange), *[dropped(client, file) for file in changed]):
        assert (answer.status_code, "ไม่ตรง" in answer.text) == (404, True)
        assert "04999" not in answer.text
    for answer in [dropped(client, file) for file in (files[0][:-2000], b"%PDF-", PDF, PNG, b"")]:
        assert (answer.status_code, "ไม่ตรง" in answer.text) == (404, False), "no receipt is no forged one"
        assert "ไม่มีใบตอบรับในไฟล์นี้" in answer.text


def dropped(client: Client, file: bytes) -> httpx.Response:
    return client.post("/check", files={"file": ("ใบตอบรับ", file)})


def not_for_ever(
    client: Client, check: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, press: Press
) -> None:
    read, patience = press.run_within, list[float]()

    def patiently(seconds: float, *job: Any) -> Any:
        patience.append(seconds)
        return read(seconds, *job)

    monkeypatch.setattr(press, "run_within", patiently)
    dropped(client, PDF)
    assert patience == [5], "people who print wait no longer for what strangers send"
    monkeypatch.setattr(askers, "_MOST", 1)
    assert client.get(check).status_code == 429
    clock.advance(minutes=1)
    assert [client.get(check).status_code, dropped(client, b"").status_code] == [200, 429]


# -- the page --------------------------------------------------------------------------------------------


def issued() -> ReceiptDocument:
    """The same receipt every time, to the last bit of its signature."""
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32)))).sign(RECEIPT)


def printed(press: Press, document: ReceiptDocument) -> bytes:
    facts = document["receipt"]
    shown = ReceiptShown(document, facts["sender"]["name"], f"โรงเรียน{facts['receiver']['name']}", SUBJECT)
    page = receipts.page_of(shown, "https://saraban.example.go.th/")
    return press.run(pages.pdf, page, attached=[receipts.signed_file(document)], archival=True)


def test_it_looks_as_an_office_would_file_it(press: Press) -> None:
    made = printed(press, issued())
    looks_like(made, "receipt")
    leads_to(in_the_pdf(made)[0], made)


def leads_to(address: str, pdf: bytes) -> None:
    """Every square of the QR code is as the address wants it, in the picture of the page."""
    (page,) = pages_of(pdf, dpi=254)  # 100 dots are a centimetre
    column = page.crop((250, 0, 570, page.height)).point([255] * 128 + [0] * 128)
    lowest = column.getbbox()
    assert lowest is not None
    code = column.crop((0, lowest[3] - 320, 320, lowest[3]))
    wanted = segno.make(address, error="q", micro=False).matrix
    side = 320 / len(wanted)
    seen = [
        [code.getpixel((int((x + 0.5) * side), int((y + 0.5) * side))) != 0 for x in range(len(wanted))]
        for y in range(len(wanted))
    ]
    assert seen == [[bool(square) for square in row] for row in wanted]


def test_it_can_be_read_in_fifty_years(press: Press) -> None:
    """PDF/A-3: fonts and colours inside, nothing from outside, and what the enclosed file is to the page."""
    with pikepdf.open(BytesIO(printed(press, issued()))) as pdf:
        with pdf.open_metadata() as about:
            assert about.pdfa_status == "3U"
        (intent,) = pdf.Root.OutputIntents
        assert (intent.S, intent.DestOutputProfile.N) == ("/GTS_PDFA1", 3)
        fonts = [
            one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontDescriptor" in one
        ]
        assert fonts
        assert all("/FontFile2" in one.FontDescriptor for one in fonts)
        meanings = [
            one.ToUnicode.read_bytes()
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and "/ToUnicode" in one
        ]
        assert meanings
        assert not any(b"<>" in one for one in meanings), "a glyph that means nothing"
        (file,) = pdf.Root.AF
        assert (file.AFRelationship, file.EF.F.Subtype) == ("/Data", "/application/json")
        assert not pdf.is_encrypted
        assert "/ID" in pdf.trailer
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())


def test_a_strangers_pdf_keeps_the_press_no_longer_than_ours(press: Press) -> None:
    """Locked, or packed again and again so that it is unpacked for ever: no receipt, and no failure."""
    locked, once = BytesIO(), zlib.compress(b"{}")
    with pikepdf.open(BytesIO(PDF)) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    files = [holding(once, 1), holding(zlib.compress(once), 2), locked.getvalue(), PDF, branching(60)]
    read = [press.run_within(5, enclosed, one, ".json") for one in files]
    assert read == [b"{}", b"", None, None, b""]


def holding(packed: bytes, times: int) -> bytes:
    """A PDF that holds `a.json`."""
    names = b"/Names<</EmbeddedFiles<</Names[(a.json)4 0 R]>>>>"
    file = (
        b"4 0 obj<</Type/Filespec/F(a.json)/EF<</F 5 0 R>>>>endobj\n5 0 obj<</Filter[%s]/Length %d>>stream\n"
    )
    stream = file % (b"/FlateDecode" * times, len(packed)) + packed + b"\nendstream endobj\nxref\n"
    return PDF.replace(b"/Pages 2 0 R", b"/Pages 2 0 R" + names).replace(b"xref\n", stream, 1)


def branching(depth: int) -> bytes:
    """Names on a tree each of whose branches is there twice: 2 to the power of its depth."""
    tree = b"".join(b"%d 0 obj<</Kids[%d 0 R %d 0 R]>>endobj\n" % (n, n + 1, n + 1) for n in range(4, depth))
    leaf = b"%d 0 obj<</Names[(a.json)<<>>]>>endobj\nxref\n" % depth
    named = PDF.replace(b"/Pages 2 0 R", b"/Pages 2 0 R/Names<</EmbeddedFiles 4 0 R>>")
    return named.replace(b"xref\n", tree + leaf, 1)


def two_of_a_name(one: bytes, other: bytes) -> bytes:
    """A PDF that holds two files which are both called `a.json`."""
    file = b"%d 0 obj<</Type/Filespec/F(a.json)/EF<</F %d 0 R>>>>endobj\n"
    file += b"%d 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"
    files = b"".join(file % (at, at + 1, at + 1, len(said), said) for at, said in ((4, one), (6, other)))
    names = b"/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.json)4 0 R(a.json)6 0 R]>>>>"
    return PDF.replace(b"/Pages 2 0 R", names).replace(b"xref\n", files + b"xref\n", 1)


def test_nobody_fills_the_line_for_the_press() -> None:
    async def many_ask() -> None:
        line = Line(workers=2)
        with ExitStack() as asked:
            for who in (1, None):
                limiters = {asked.enter_context(line.place(who)) for _ in range(8)}
                assert [limiter.total_tokens for limiter in limiters] == [1 if who is None else 2]
                with pytest.raises(PrintBusy):
                    asked.enter_context(line.place(who))
            asked.enter_context(line.place(2))
        with line.place(1):
            pass

    anyio.run(many_ask)


def test_a_changed_enclosed_file_is_no_receipt(press: Press) -> None:
    """The page may say what it likes: what counts is what was signed."""
    document = issued()
    forged = {**document, "receipt": {**document["receipt"], "number": 9}}
    _, signed = in_the_pdf(printed(press, forged))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ลายมือชื่อ"):
        verify(signed, {document["key_id"]: OURS_KEY})


OURS_KEY = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32)))).public_key
