"""What may be attached: known by its content, opened here first, with a name that harms nobody."""

import io
import os
import re
import stat
import struct
import tracemalloc
import unicodedata
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from saraban.errors import ArchiveTooLarge, FileEmpty, FileEncrypted, Refusal, WrongFileKind
from saraban.filetypes import CONTENT_TYPES, FileKind, clean_filename, recognise
from saraban.filetypes.archives import MOST_MEMBERS, MOST_UNPACKED, RATIO_MATTERS_ABOVE
from tests.documents import (
    EXE,
    GIF,
    JPG,
    PDF,
    PNG,
    RAR4,
    RAR4_END,
    RAR4_MAIN,
    RAR5,
    RAR5_ENCRYPTED_FILE,
    RAR5_ENCRYPTED_HEADERS,
    RAR5_END,
    RAR5_MAIN,
    SAMPLES,
    office,
    ole,
    open_document,
    rar4,
    rar4_block,
    rar4_file,
    rar5,
    rar5_block,
    rar5_file,
    zipped,
)


def kind(content: bytes, filename: str) -> str:
    return recognise(io.BytesIO(content), filename).extension


def refusal(content: bytes, filename: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        recognise(io.BytesIO(content), filename)
    return refused.value


# -- content and name -----------------------------------------------------------------------------


@pytest.mark.parametrize("extension", sorted(CONTENT_TYPES))
def test_each_kind_is_known_by_its_content(extension: str) -> None:
    found = recognise(io.BytesIO(SAMPLES[extension]), f"แนบ 1.{extension}")
    assert found == FileKind(extension, CONTENT_TYPES[extension])
    assert kind(SAMPLES[extension], f"แนบ.{extension.upper()}") == extension


@pytest.mark.parametrize("named", sorted(CONTENT_TYPES))
@pytest.mark.parametrize("really", sorted(CONTENT_TYPES))
def test_a_name_that_says_another_kind_is_refused_but_an_office_document_is_a_zip(
    named: str, really: str
) -> None:
    if named == really or (named == "zip" and really in ("docx", "xlsx", "pptx", "odt", "ods")):
        assert kind(SAMPLES[really], f"a.{named}") == named
    else:
        refused = refusal(SAMPLES[really], f"a.{named}")
        assert type(refused) is WrongFileKind
        assert f"เพราะเนื้อหาเป็นไฟล์ {really} แต่ชื่อลงท้ายด้วย .{named}" in refused.message


def test_a_jpeg_is_a_jpg() -> None:
    assert kind(JPG, "ภาพ.JPEG") == "jpg"


@pytest.mark.parametrize(
    ("content", "seems"),
    [
        (EXE, "โปรแกรม (exe)"),
        (b"\x7fELF\x02\x01\x01", "โปรแกรม"),
        (b"#!/bin/sh\n", "โปรแกรม"),
        (b"{\\rtf1\\ansi letter}", "เอกสาร rtf"),
        (b"\0\0\0\x18ftypheic\0\0", "รูป heic"),
        (b"\0\0\0\x18ftypisom\0\0", "วิดีโอ"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "รูป webp"),
        (b"\xef\xbb\xbf\n<html><body>", "หน้าเว็บ"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
        (b"just text", "ไม่รู้จัก"),
        (ole("PowerPoint Document"), "pptx"),
        (ole("__properties_version1.0"), "msi"),
        (ole("WordDocument", "Workbook"), "msi"),
    ],
)
@pytest.mark.parametrize("extension", ["pdf", "doc"])
def test_what_is_not_taken_is_refused_by_saying_what_it_seems_to_be(
    content: bytes, seems: str, extension: str
) -> None:
    refused = refusal(content, f"สำคัญ.{extension}")
    assert isinstance(refused, WrongFileKind)
    assert f"สำคัญ.{extension}" in refused.message and seems in refused.message


def test_a_program_is_refused_under_its_own_name_too() -> None:
    assert isinstance(refusal(EXE, "setup.exe"), WrongFileKind)
    assert isinstance(refusal(PDF, "letter.pdf.exe"), WrongFileKind)


def test_a_file_without_an_extension_is_refused_saying_what_it_looks_like() -> None:
    message = refusal(PDF, "หนังสือ").message
    assert "เนื้อหาเป็นไฟล์ pdf" in message and "ไม่มีนามสกุล" in message


def test_an_empty_file_is_refused_as_empty() -> None:
    assert isinstance(refusal(b"", "ว่าง.pdf"), FileEmpty)
    assert isinstance(refusal(zipped({}), "ว่าง.zip"), FileEmpty)
    assert isinstance(refusal(rar5(), "ว่าง.rar"), FileEmpty)


def test_a_pdf_begins_with_its_mark() -> None:
    assert isinstance(refusal(b"<script>1</script>" + PDF, "a.pdf"), WrongFileKind)
    assert isinstance(refusal(b"\n" + PDF, "a.pdf"), WrongFileKind)


def test_a_pdf_with_a_password_is_kept_like_any_other() -> None:
    assert kind(PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 9 0 R"), "a.pdf") == "pdf"


@pytest.mark.parametrize("extension", ["pdf", "gif", "jpg", "png"])
def test_an_archive_hidden_behind_a_picture_or_a_pdf_is_refused(extension: str) -> None:
    hidden = SAMPLES[extension] + zipped({"run.exe": EXE})
    assert zipfile.is_zipfile(io.BytesIO(hidden))
    assert "ซ่อนอยู่" in refusal(hidden, f"a.{extension}").message


def test_the_mark_of_an_archive_somewhere_in_a_pdf_hides_nothing() -> None:
    assert kind(PDF + b"PK\x05\x06" + b"more of the same document" * 9, "a.pdf") == "pdf"


def test_a_document_with_macros_under_a_plain_name_is_refused() -> None:
    assert "มาโคร" in refusal(office("word", **{"word__vbaProject.bin": b"macro"}), "a.docx").message


def test_a_zip_of_something_else_is_no_document() -> None:
    assert isinstance(refusal(zipped({"word/document.xml": b"<x/>"}), "a.docx"), WrongFileKind)
    assert isinstance(refusal(office("word", **{"xl__workbook.xml": b"<x/>"}), "a.docx"), WrongFileKind)


# -- with a password ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (ole("EncryptedPackage", "EncryptionInfo"), "แผน.docx"),
        (ole("EncryptionInfo"), "แผน.xlsx"),
        (ole("WordDocument", first=bytes(10) + b"\x00\x01"), "แผน.doc"),
        (open_document("text", b"<manifest:encryption-data/>"), "แผน.odt"),
        (rar5(rar5_file("a.pdf", PDF, extra=RAR5_ENCRYPTED_FILE)), "แผน.rar"),
        (RAR5 + RAR5_ENCRYPTED_HEADERS + bytes(64), "แผน.rar"),
        (rar4(rar4_file("a.pdf", PDF, flags=0x4)), "แผน.rar"),
        (RAR4 + rar4_block(0x73, 0x80, bytes(6)) + bytes(64), "แผน.rar"),
    ],
)
def test_what_cannot_be_opened_without_a_password_is_refused_as_such(content: bytes, filename: str) -> None:
    refused = refusal(content, filename)
    assert isinstance(refused, FileEncrypted)
    assert filename in refused.message


@pytest.mark.parametrize("where", [b"PK\x01\x02", b"PK\x03\x04"])
def test_an_encrypted_member_is_found_in_the_directory_and_at_the_member(where: bytes) -> None:
    content = bytearray(zipped({"a.pdf": PDF}))
    content[content.index(where) + (8 if where == b"PK\x01\x02" else 6)] |= 1
    assert isinstance(refusal(bytes(content), "a.zip"), WrongFileKind)
    assert isinstance(refusal(bytes(content), "a.zip"), FileEncrypted) == (where == b"PK\x01\x02")


# -- archives that would fill a disk --------------------------------------------------------------


def lying_zip(content: bytes, said: int, crc: int | None = None) -> bytes:
    """A zip whose directory and member say `said` bytes, with the checksum that so many bytes have."""
    made = bytearray(zipped({"a.txt": content}))
    crc = zlib.crc32(content[:said]) if crc is None else crc
    for mark, crc_at, size_at in ((b"PK\x03\x04", 14, 22), (b"PK\x01\x02", 16, 24)):
        at = made.index(mark)
        struct.pack_into("<L", made, at + crc_at, crc)
        struct.pack_into("<L", made, at + size_at, said)
    return bytes(made)


def test_an_archive_two_hundred_times_its_size_is_refused_above_what_is_harmless() -> None:
    harmless = zipped({"rows.xml": bytes(RATIO_MATTERS_ABOVE)})
    assert 200 * len(harmless) < RATIO_MATTERS_ABOVE
    assert kind(harmless, "a.zip") == "zip"
    assert isinstance(refusal(zipped({"rows.xml": bytes(RATIO_MATTERS_ABOVE + 1)}), "a.zip"), ArchiveTooLarge)


def test_an_archive_that_says_it_unpacks_to_more_than_a_gibibyte_is_refused_without_unpacking() -> None:
    assert isinstance(refusal(lying_zip(b"a", MOST_UNPACKED + 1), "a.zip"), ArchiveTooLarge)


def test_a_directory_that_says_less_than_what_comes_out_is_believed_in_nothing() -> None:
    # Python's own reader stops at the size that was said, finds the checksum right and the archive good.
    bomb = lying_zip(bytes(50 * 2**20), said=10)
    with zipfile.ZipFile(io.BytesIO(bomb)) as believed:
        assert believed.testzip() is None
    tracemalloc.start()
    try:
        assert "เสียหาย" in refusal(bomb, "a.zip").message
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_entries_that_overlap_are_refused_before_they_are_unpacked_again_and_again() -> None:
    whole = zipped({"a": os.urandom(1000)}, zipfile.ZIP_STORED)
    start = whole.index(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entry, tail = whole[start:end], bytearray(whole[end:])
    struct.pack_into("<HHL", tail, 8, 50, 50, 50 * len(entry))
    assert "เสียหาย" in refusal(whole[:start] + 50 * entry + bytes(tail), "a.zip").message


def test_an_archive_of_endless_small_members_is_refused() -> None:
    entry = b"PK\x01\x02".ljust(46, b"\0")
    many = b"PK\x03\x04".ljust(30, b"\0") + (MOST_MEMBERS + 1) * entry + b"PK\x05\x06".ljust(22, b"\0")
    assert isinstance(refusal(many, "a.zip"), ArchiveTooLarge)
    assert isinstance(refusal(rar5(*[rar5_file("a", b"")] * (MOST_MEMBERS + 1)), "a.rar"), ArchiveTooLarge)


@pytest.mark.parametrize(
    "content",
    [
        rar5(rar5_file("a.txt", b"a", MOST_UNPACKED + 1)),
        rar5(rar5_file("a.txt", b"a", MOST_UNPACKED // 2), rar5_file("b.txt", b"a", MOST_UNPACKED // 2 + 1)),
        rar5(rar5_file("a.txt", b"a", RATIO_MATTERS_ABOVE + 1)),
        rar5(rar5_file("a.txt", b"a", 0, flags=4 | 8)),  # says that it does not know
        rar4(rar4_file("a.txt", b"a", MOST_UNPACKED + 1)),
    ],
)
def test_a_rar_is_refused_by_the_sizes_it_says(content: bytes) -> None:
    assert isinstance(refusal(content, "a.rar"), ArchiveTooLarge)


# -- damaged --------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["zip", "docx", "odt", "rar", "doc", "xls"])
def test_an_archive_or_document_that_came_half_is_refused(extension: str) -> None:
    content = ole("WordDocument") if extension == "doc" else SAMPLES[extension]
    for left in (len(content) // 2, 70):
        assert isinstance(refusal(content[:left], f"a.{extension}"), WrongFileKind)


def test_a_changed_byte_inside_a_zip_is_noticed() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = bytearray(zipped({"a.pdf": os.urandom(500)}, method))
        content[200] ^= 1
        assert "เสียหาย" in refusal(bytes(content), "a.zip").message


def test_a_zip_packed_in_a_way_nobody_here_can_check_is_refused() -> None:
    assert "Deflate" in refusal(zipped({"a.pdf": PDF}, zipfile.ZIP_LZMA), "a.zip").message


def test_a_member_that_the_directory_leaves_out_is_noticed_at_the_beginning() -> None:
    hidden = zipped({"run.exe": EXE})
    hidden = hidden[: hidden.index(b"PK\x01\x02")]
    assert isinstance(refusal(hidden + zipped({"a.pdf": PDF}), "a.zip"), WrongFileKind)


def test_a_rar_of_the_old_format_is_read_too_with_and_without_its_end() -> None:
    assert kind(rar4(rar4_file("a.pdf", PDF)), "a.rar") == "rar"
    assert kind(RAR4 + RAR4_MAIN + rar4_file("a.pdf", PDF), "a.rar") == "rar"
    assert "เสียหาย" in refusal(RAR4 + RAR4_MAIN + rar4_file("a.pdf", PDF)[:-9], "a.rar").message


def test_nothing_hides_behind_a_block_that_the_reader_does_not_know() -> None:
    # rarfile stops there without a word; WinRAR would skip the block and unpack what follows.
    hidden = RAR5 + RAR5_MAIN + rar5_file("a.pdf", PDF) + rar5_block(9, b"\0") + rar5_file("b.exe", EXE)
    assert "เสียหาย" in refusal(hidden + RAR5_END, "a.rar").message


def test_a_document_made_to_exhaust_its_reader_is_only_damaged() -> None:
    deep = ole(*(f"s{number}" for number in range(1500)))
    assert isinstance(refusal(deep, "a.doc"), WrongFileKind)


# -- programs inside ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member",
    ["setup.exe", "a/b/SETUP.EXE", "ใบแจ้ง.pdf.scr", "run.bat. ", "x.js", "x.vbs", "x.msi", "x.ps1", "x.lnk"],
)
def test_an_archive_with_a_program_inside_is_refused_naming_it(member: str) -> None:
    for content, filename in (
        (zipped({"a.pdf": PDF, member: EXE}), "a.zip"),
        (office("word", **{f"word__{member}": EXE}), "a.docx"),
        (rar5(rar5_file("a.pdf", PDF), rar5_file(member, EXE)), "a.rar"),
        (rar4(rar4_file(member, EXE)), "a.rar"),
    ):
        message = refusal(content, filename).message
        assert "โปรแกรมอยู่ข้างใน" in message and member.split("/")[-1] in message


@pytest.mark.parametrize("member", ["exe", "a.exe.txt", "คู่มือ.command", "a.json", "a.bath", "a.docx"])
def test_a_name_that_only_resembles_a_program_is_taken(member: str) -> None:
    assert kind(zipped({member: b"x"}), "a.zip") == "zip"


def test_reading_a_rar_runs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # An old archive's packed comment is what rarfile would hand to unrar.
    comment = rar4_file("CMT", b"packed", 100, kind=0x7A, method=0x33)
    old_comment = rar4_block(0x75, 0, struct.pack("<HBBH", 100, 20, 0x33, 0) + b"packed")
    main = rar4_block(0x73, 0x2, bytes(6), inside=old_comment)
    for program in ("unrar", "unar", "7z", "7zz", "bsdtar"):
        trap = tmp_path / program
        trap.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/traces\n")
        trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for content in (
        rar4(comment, rar4_file("a.pdf", PDF)),
        RAR4 + main + rar4_file("a.pdf", PDF) + RAR4_END,
    ):
        assert kind(content, "a.rar") == "rar"
    assert not (tmp_path / "traces").exists()


# -- whatever comes -------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(
    begins=st.sampled_from([*SAMPLES.values(), PNG, GIF, b"PK\x03\x04", b"Rar!\x1a\x07\x01\x00", b"MZ"]),
    cut=st.integers(0, 5000),
    noise=st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=8)), max_size=6),
    extension=st.sampled_from(sorted(CONTENT_TYPES)),
)
def test_whatever_comes_is_known_or_refused_and_breaks_nothing(
    begins: bytes, cut: int, noise: list[tuple[int, bytes]], extension: str
) -> None:
    content = bytearray(begins[: len(begins) - cut] if cut < 1000 else begins)
    for at, changed in noise:
        content[at : at + len(changed)] = changed
    with suppress(Refusal):
        assert kind(bytes(content), f"a.{extension}") == extension


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("หนังสือที่ ศธ ๐๔๙๙๙-ว ๑๒.pdf", "หนังสือที่ ศธ 04999-ว 12.pdf"),
        ("C:\\Users\\ธุรการ\\แผน.docx", "แผน.docx"),
        ("../../etc/passwd", "passwd"),
        ("นำส่ง.pdf", "นำส่ง.pdf"),
        ("กำหนด\u200bการ\u202efdp.exe", "กำหนดการfdp.exe"),
        ("a\x00b\r\nc.pdf", "ab c.pdf"),
        ('ถาม?ตอบ:"ดี"|<1>*.pdf', "ถาม_ตอบ__ดี___1__.pdf"),
        ("  เว้น   วรรค  .pdf", "เว้น วรรค.pdf"),
        ("จบด้วยจุด...", "จบด้วยจุด"),
        ("e\u0301tude.pdf", "étude.pdf"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("Lpt1.tar.zip", "_Lpt1.tar.zip"),
        ("console.pdf", "console.pdf"),
        (".pdf", "ไฟล์.pdf"),
        (".", "ไฟล์"),
        ("..", "ไฟล์"),
        ("", "ไฟล์"),
        ("โฟลเดอร์/", "ไฟล์"),
        ("\ud83dหนังสือ.pdf", "หนังสือ.pdf"),
        ("ฉบับที่ 1.2 แก้ไขแล้ว", "ฉบับที่ 1.2 แก้ไขแล้ว"),
    ],
)
def test_a_name_is_stored_readable_and_harmless(typed: str, stored: str) -> None:
    assert clean_filename(typed) == stored


def test_a_long_name_keeps_its_extension_and_no_consonant_loses_its_vowel() -> None:
    for pad in range(4):
        stored = clean_filename("ก" * pad + "ที่" * 200 + ".docx")
        assert len(stored) <= 200 and stored.endswith(".docx")
        assert re.fullmatch("ก*(ที่)+", stored.removesuffix(".docx"))


@given(st.text() | st.text(alphabet="ก่้ิ๑./\\: \u200b\u202e\u0301\u0338=<conul.", max_size=300))
def test_any_name_becomes_one_that_every_system_can_save(typed: str) -> None:
    stored = clean_filename(typed)
    assert stored and stored not in (".", "..") and len(stored) <= 200
    assert not set(stored) & set('/\\<>:"|?*๐๑๒๓๔๕๖๗๘๙')
    assert all(unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in stored)
    assert stored == stored.strip() and not stored.endswith(".")
    assert unicodedata.is_normalized("NFC", stored)
    assert stored.encode()
    assert clean_filename(stored) == stored
