"""What kind of file this is, by its content: a name is only what somebody typed."""

import struct
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipFile

import olefile

from saraban.errors import FileEmpty, FileEncrypted, WrongFileKind
from saraban.filetypes.archives import check_rar, check_zip, damaged, ends_as_zip
from saraban.filetypes.names import clean_filename, extension_of

__all__ = ["CONTENT_TYPES", "FileKind", "clean_filename", "recognise"]

PDF = "application/pdf"
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
# The manual's kinds (doc docx pdf xls xlsx gif jpg zip rar), and png, pptx, odt, ods.
CONTENT_TYPES = {
    "doc": "application/msword",
    "docx": _OOXML + "wordprocessingml.document",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "ods": _ODF + "spreadsheet",
    "odt": _ODF + "text",
    "pdf": PDF,
    "png": "image/png",
    "pptx": _OOXML + "presentationml.presentation",
    "rar": "application/vnd.rar",
    "xls": "application/vnd.ms-excel",
    "xlsx": _OOXML + "spreadsheetml.sheet",
    "zip": "application/zip",
}
_OTHER_NAMES = {"jpeg": "jpg"}
# A PDF must begin with its mark. Readers search the first 1,024 bytes for it, which lets one file be a web
# page or a program and a PDF at the same time; what scanners and offices write begins with it. One with a
# password is let through: offices do send them, and its bytes can be kept and proved like any other's.
_MARKS = {
    "pdf": (b"%PDF-",),
    "gif": (b"GIF87a", b"GIF89a"),
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "rar": (b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"),
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What people attach by mistake, so that the refusal can say what it is: where, how it begins, what it is.
_STRANGERS = [
    (0, b"MZ", "โปรแกรม (exe)"),
    (0, b"\x7fELF", "โปรแกรม"),
    (0, b"#!", "โปรแกรม"),
    (0, b"{\\rtf", "เอกสาร rtf"),
    (0, b"7z\xbc\xaf\x27\x1c", "ไฟล์บีบอัด 7z"),
    (0, b"\x1f\x8b", "ไฟล์บีบอัด gz"),
    (4, b"ftyphei", "รูป heic"),
    (4, b"ftypmif1", "รูป heic"),
    (4, b"ftyp", "วิดีโอหรือเสียง"),
    (8, b"WEBP", "รูป webp"),
    (0, b"II*\x00", "รูป tiff"),
    (0, b"MM\x00*", "รูป tiff"),
    (0, b"BM", "รูป bmp"),
    (0, b"<", "หน้าเว็บหรือ xml"),
]


@dataclass(frozen=True, slots=True)
class FileKind:
    extension: str
    content_type: str


def recognise(file: BinaryIO, filename: str) -> FileKind:
    """The kind of a file whose content and name agree; others are refused, saying what they look like."""
    size = file.seek(0, 2)
    if size == 0:
        raise FileEmpty(filename=filename)
    content = _content(file, size, filename)
    named = extension_of(filename)
    named = _OTHER_NAMES.get(named, named)
    if content in CONTENT_TYPES and named in (content, "zip" if content in _IN_A_ZIP else content):
        return FileKind(named, CONTENT_TYPES[named])
    ending = f"ชื่อลงท้ายด้วย .{named}" if named else "ชื่อไม่มีนามสกุล"
    raise WrongFileKind(filename=filename, reason=f" เพราะเนื้อหาเป็น{_said(content)} แต่{ending}")


def _said(content: str) -> str:
    return f"ไฟล์ {content}" if content in CONTENT_TYPES else content


def _content(file: BinaryIO, size: int, filename: str) -> str:
    """An extension we know, or in Thai what it seems to be."""
    file.seek(0)
    head = file.read(64)
    if head.startswith(_ZIP):
        return _zip(check_zip(file, size, filename), filename)
    if head.startswith(_OLE):
        return _ole(file, filename)
    for extension, marks in _MARKS.items():
        if head.startswith(marks):
            if extension == "rar":
                check_rar(file, size, filename)
            elif ends_as_zip(file, size):
                # An archive behind a picture or a PDF would be handed on without having been opened here.
                raise WrongFileKind(filename=filename, reason=" เพราะมีไฟล์บีบอัดซ่อนอยู่ท้ายไฟล์")
            return extension
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for offset, mark, seems in _STRANGERS:
        if head.startswith(mark, offset) or (mark == b"<" and plain.startswith(mark)):
            return seems
    return "ไฟล์ชนิดที่ไม่รู้จัก"


# -- office documents that are zips ----------------------------------------------------------------

_PARTS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_IN_A_ZIP = {"docx", "xlsx", "pptx", "odt", "ods"}  # true zips too, when that is what they are called


def _zip(archive: ZipFile, filename: str) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        if any(name.endswith("vbaProject.bin") for name in names):
            return "เอกสารที่มีมาโคร (docm xlsm pptm)"
        found = {kind for part, kind in _PARTS.items() if any(name.startswith(part) for name in names)}
        return found.pop() if len(found) == 1 else "zip"
    if "mimetype" in names and archive.getinfo("mimetype").file_size <= 100:
        kinds = {media.encode(): kind for kind, media in CONTENT_TYPES.items() if media.startswith(_ODF)}
        kind = kinds.get(archive.read("mimetype").strip(), "zip")
        if kind != "zip" and ("encrypted-package" in names or _says_encrypted(archive)):
            raise FileEncrypted(filename=filename)
        return kind
    return "zip"


def _says_encrypted(archive: ZipFile) -> bool:
    # An open document stays an open zip when it gets a password: only its manifest tells.
    if "META-INF/manifest.xml" not in archive.namelist():
        return False
    with archive.open("META-INF/manifest.xml") as manifest:
        return b"encryption-data" in manifest.read(2**20)


# -- the older documents: a small file system inside a file ----------------------------------------

_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls"}
# Its tree of names is walked by recursion, which a file made for it drives to the end of the stack.
_BROKEN_OLE = (OSError, LookupError, ValueError, TypeError, AttributeError, struct.error, RecursionError)


def _ole(file: BinaryIO, filename: str) -> str:
    file.seek(0)
    try:
        with olefile.OleFileIO(file) as ole:
            if ole.exists("EncryptedPackage") or ole.exists("EncryptionInfo"):
                raise FileEncrypted(filename=filename)
            if ole.exists("PowerPoint Document"):
                return "ไฟล์ ppt รุ่นเก่า (บันทึกเป็น pptx)"
            found = [name for name in _STREAMS if ole.exists(name)]
            stream = ole.openstream(found[0]).read() if found else b""
            if found and len(stream) < ole.get_size(found[0]):
                raise damaged(filename)  # came half: olefile gives what is there
    except _BROKEN_OLE as error:
        raise damaged(filename) from error
    if len(found) != 1:
        return "ไฟล์ Windows ที่ไม่ใช่เอกสาร (msi, msg, db)"
    # Bit 8 of Word's flags at offset 10. Excel's like is not asked for: a protected but readable xls has it.
    if found == ["WordDocument"] and int.from_bytes(stream[10:12], "little") & 0x0100:
        raise FileEncrypted(filename=filename)
    return _STREAMS[found[0]]
