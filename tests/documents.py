"""Small real files of every kind an office attaches, and the unreal ones that somebody might try."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n0000000107 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n171\n%%EOF\n"
)
GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def png(side: int = 1) -> bytes:
    """A black square in full colour."""
    parts = [
        (b"IHDR", struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes((1 + 3 * side) * side), 1)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))
        for name, body in parts
    )


PNG = png()
JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"picture" + b"\xff\xd9"
EXE = b"MZ\x90\x00" + bytes(60) + b"PE\0\0"


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def office(part: str, **more: bytes) -> bytes:
    """A docx (`word`), xlsx (`xl`) or pptx (`ppt`)."""
    return zipped(
        {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", f"{part}/main.xml": b"<x/>"}
        | {name.replace("__", "/"): content for name, content in more.items()}
    )


def open_document(kind: str, manifest: bytes = b"<manifest:manifest/>") -> bytes:
    """An odt (`text`) or ods (`spreadsheet`)."""
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(),
            "content.xml": b"<office:document-content/>",
            "META-INF/manifest.xml": manifest,
        }
    )


# -- the older office documents -------------------------------------------------------------------

_END, _FAT = 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512


def ole(*streams: str, first: bytes = b"") -> bytes:
    """A compound file whose root holds the named streams; the first one begins with `first`."""
    size = 4096  # from here on a stream has sectors of its own
    entries = [_entry("Root Entry", 5, child=1, start=_END, size=0)]
    directory_sectors = -(-(len(streams) + 1) // 4)
    sectors = 1 + directory_sectors + len(streams) * (size // _SECTOR)
    tables = -(-sectors // 127)
    fat = [_FAT] * tables + [*range(tables + 1, tables + directory_sectors), _END]
    content = b""
    for number, name in enumerate(streams, 1):
        start = len(fat)
        fat += [*range(start + 1, start + size // _SECTOR), _END]
        after = number + 1 if number < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, right=after, start=start, size=size))
        content += (first if number == 1 else b"").ljust(size, b"\0")
    directory = b"".join(entries).ljust(directory_sectors * _SECTOR, b"\0")
    table = struct.pack(f"<{len(fat)}L", *fat).ljust(tables * _SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<9L", 0, tables, tables, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109L", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    return header + table + directory + content


def _entry(
    name: str, kind: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF, start: int, size: int
) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    return (
        written.ljust(64, b"\0")
        + struct.pack("<HBB3L", len(written), kind, 1, 0xFFFFFFFF, right, child)
        + bytes(36)
        + struct.pack("<LQ", start, size)
    )


# -- rar ------------------------------------------------------------------------------------------

RAR5 = b"Rar!\x1a\x07\x01\x00"
RAR4 = b"Rar!\x1a\x07\x00"


def _vint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def rar5_block(kind: int, body: bytes, data: bytes = b"", extra: bytes = b"") -> bytes:
    flags = (1 if extra else 0) | (2 if data else 0)
    sizes = (_vint(len(extra)) if extra else b"") + (_vint(len(data)) if data else b"")
    header = _vint(kind) + _vint(flags) + sizes + body + extra
    header = _vint(len(header)) + header
    return struct.pack("<L", zlib.crc32(header)) + header + data


def rar5_file(
    name: str, content: bytes, said: int | None = None, *, extra: bytes = b"", flags: int = 4
) -> bytes:
    body = _vint(flags) + _vint(len(content) if said is None else said) + _vint(0)
    body += struct.pack("<L", zlib.crc32(content)) + _vint(0) + _vint(1)
    body += _vint(len(name.encode())) + name.encode()
    return rar5_block(2, body, content, extra)


RAR5_MAIN = rar5_block(1, b"\0")
RAR5_END = rar5_block(5, b"\0")
_RECORD = b"\x01\x00\x00\x0f" + bytes(32)  # AES-256, as a record of a file's header
RAR5_ENCRYPTED_FILE = bytes([len(_RECORD)]) + _RECORD
RAR5_ENCRYPTED_HEADERS = rar5_block(4, b"\0\0\x0f" + bytes(16))


def rar5(*files: bytes) -> bytes:
    return RAR5 + RAR5_MAIN + b"".join(files) + RAR5_END


def rar4_block(kind: int, flags: int, body: bytes, data: bytes = b"", inside: bytes = b"") -> bytes:
    header = struct.pack("<BHH", kind, flags, 7 + len(body + inside)) + body
    data = inside + data  # a block inside the header is left out of its checksum
    return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header + data


def rar4_file(
    name: str,
    content: bytes,
    said: int | None = None,
    *,
    kind: int = 0x74,
    flags: int = 0,
    method: int = 0x30,
) -> bytes:
    written = name.encode()
    said = len(content) if said is None else said
    fields = (len(content), said, 3, zlib.crc32(content), 0x5CE12800, 29, method, len(written), 0x20)
    return rar4_block(kind, 0x8000 | flags, struct.pack("<LLBLLBBHL", *fields) + written, content)


RAR4_MAIN = rar4_block(0x73, 0, bytes(6))
RAR4_END = rar4_block(0x7B, 0x4000, b"")


def rar4(*files: bytes) -> bytes:
    return RAR4 + RAR4_MAIN + b"".join(files) + RAR4_END


SAMPLES = {
    "doc": ole("WordDocument", "1Table"),
    "docx": office("word"),
    "gif": GIF,
    "jpg": JPG,
    "ods": open_document("spreadsheet"),
    "odt": open_document("text"),
    "pdf": PDF,
    "png": PNG,
    "pptx": office("ppt"),
    "rar": rar5(rar5_file("หนังสือ.pdf", PDF)),
    "xls": ole("Workbook"),
    "xlsx": office("xl"),
    "zip": zipped({"หนังสือ.pdf": PDF, "โฟลเดอร์/": b""}),
}
