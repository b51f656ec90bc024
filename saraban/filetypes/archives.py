"""Archives are opened here, in bounds, before anybody at an office opens them without bounds."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import rarfile

from saraban.errors import ArchiveTooLarge, FileEmpty, FileEncrypted, WrongFileKind

MOST_UNPACKED = 2**30
MOST_RATIO = 200
# Below this an archive is harmless whatever its ratio, and real spreadsheets of blank formatted rows come
# near deflate's own end of 1,032 : 1.
RATIO_MATTERS_ABOVE = 32 * 2**20
# Each entry costs the reader an object of a kilobyte or so; 20 MiB of bare entries would be 450,000 of them.
MOST_MEMBERS = 20_000
# What Windows runs at a double click, disks that hold it, and documents with macros. It ignores dots and
# blanks at the end of a name: `a.exe. ` is run like `a.exe`.
EXECUTABLE = re.compile(
    r"\.(exe|com|bat|cmd|scr|pif|cpl|dll|sys|ms[ip]|msix|appx|application|gadget|hta|jse?|vb[es]|ws[cfh]|ps[dm]?1"
    r"|reg|inf|scf|lnk|url|jar|apk|chm|iso|img|vhdx?|do[ct]m|xl[ast]m|pp[as]m|p[op]tm)[. ]*$",
    re.IGNORECASE,
)

_PIECE = 2**20
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1
_UNREADABLE = (
    zipfile.BadZipFile,
    ValueError,
    OverflowError,
    NotImplementedError,
    EOFError,
    struct.error,
    IndexError,
)


def damaged(filename: str) -> WrongFileKind:
    return WrongFileKind(filename=filename, reason=" เพราะไฟล์เสียหายหรือมาไม่ครบ")


# -- zip, and the office documents that are zips ---------------------------------------------------


def check_zip(file: BinaryIO, size: int, filename: str) -> zipfile.ZipFile:
    """Opens a zip after unpacking all of it to nowhere, within bounds."""
    if _count(file, b"PK\x01\x02") > MOST_MEMBERS:
        raise ArchiveTooLarge(filename=filename)
    try:
        archive = zipfile.ZipFile(file)
    except _UNREADABLE as error:
        raise damaged(filename) from error
    members = archive.infolist()
    if not members:
        raise FileEmpty(filename=filename)
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise FileEncrypted(filename=filename)
    _refuse_executables(filename, (member.filename for member in members))
    _refuse_too_large(filename, size, sum(member.file_size for member in members))
    # The directory has said what will come out. It may lie, and its entries may overlap: so everything is
    # unpacked, and a member that gives one byte more or less than was said is damaged. Packed sizes that add
    # up to more than the file would let one stretch of it be unpacked thousands of times.
    if sum(member.compress_size for member in members) > size or min(m.header_offset for m in members) != 0:
        raise damaged(filename)
    for member in members:
        _unpack(file, member, filename)
    return archive


def _unpack(file: BinaryIO, member: zipfile.ZipInfo, filename: str) -> None:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise damaged(filename)
    signature, _, flags, method, _, _, _, _, _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if signature != b"PK\x03\x04" or method != member.compress_type or flags & _ENCRYPTED:
        raise damaged(filename)
    if method not in (_STORED, _DEFLATED):  # all that Windows, office programs and 7-Zip write by themselves
        raise WrongFileKind(filename=filename, reason=" เพราะบีบอัดด้วยวิธีที่ตรวจสอบไม่ได้ (ใช้ Deflate)")
    file.seek(name_length + extra_length, 1)
    came, checksum = _inflate(file, member) if method == _DEFLATED else _copy(file, member)
    if (came, checksum) != (member.file_size, member.CRC):
        raise damaged(filename)


def _inflate(file: BinaryIO, member: zipfile.ZipInfo) -> tuple[int, int]:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    came, checksum, left = 0, 0, member.compress_size
    while not unpacker.eof and came <= member.file_size:
        packed = unpacker.unconsumed_tail
        if not packed:
            packed = file.read(min(left, _PIECE))
            left -= len(packed)
        try:
            unpacked = unpacker.decompress(packed, _PIECE)
        except zlib.error:
            return -1, 0
        if not packed and not unpacked:
            return -1, 0  # ends in the middle
        came += len(unpacked)
        checksum = zlib.crc32(unpacked, checksum)
    return (came, checksum) if not left and not unpacker.unused_data else (-1, 0)


def _copy(file: BinaryIO, member: zipfile.ZipInfo) -> tuple[int, int]:
    came, checksum = 0, 0
    while piece := file.read(min(member.compress_size - came, _PIECE)):
        came += len(piece)
        checksum = zlib.crc32(piece, checksum)
    return came, checksum


def ends_as_zip(file: BinaryIO, size: int) -> bool:
    """Whether other programs would open this as a zip: they look at the end, whatever it begins with."""
    file.seek(max(size - 22 - 0xFFFF, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if len(tail) >= at + 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False


# -- rar ------------------------------------------------------------------------------------------


def _no_comment(*_: object, **__: object) -> bytes:
    return b""


# rarfile unpacks the comment of an old archive by running unrar on what a stranger sent. Nothing here may
# run a program; the comment is not wanted.
rarfile.rar3_decompress = _no_comment


def check_rar(file: BinaryIO, size: int, filename: str) -> None:
    """Reads the headers of a rar: there is no free unpacker, so its sizes are believed (unlike a zip's)."""
    blocks: list[Any] = []

    def seen(block: Any) -> None:
        blocks.append(block)
        if len(blocks) > MOST_MEMBERS:
            raise ArchiveTooLarge(filename=filename)

    file.seek(0)
    try:
        # A part of a split archive is read by itself: its other parts are other attachments.
        archive = rarfile.RarFile(file, info_callback=seen, errors="strict", part_only=True)
    except (rarfile.Error, *_UNREADABLE) as error:
        raise damaged(filename) from error
    if archive.needs_password():
        raise FileEncrypted(filename=filename)
    _refuse_unfinished(filename, size, blocks)
    # From the blocks and not from the list of members, which leaves out older versions of a file.
    members = [block for block in blocks if block.type == rarfile.RAR_BLOCK_FILE]
    if not members:
        raise FileEmpty(filename=filename)
    _refuse_executables(filename, (member.filename for member in members))
    _refuse_too_large(filename, size, sum(map(_declared, members)))


def _declared(member: Any) -> int:
    unknown: bool = getattr(member, "file_flags", 0) & rarfile.RAR5_FILE_FLAG_UNKNOWN_SIZE
    return MOST_UNPACKED + 1 if unknown else int(member.file_size)


def _refuse_unfinished(filename: str, size: int, blocks: list[Any]) -> None:
    # rarfile stops without a word at a block of a kind it does not know, where WinRAR skips it and reads on.
    if not blocks or any(block.data_offset + block.add_size > size for block in blocks):
        raise damaged(filename)
    last = blocks[-1]
    if last.type != rarfile.RAR_BLOCK_ENDARC and last.data_offset + last.add_size != size:
        raise damaged(filename)


# -- both -----------------------------------------------------------------------------------------


def _refuse_executables(filename: str, members: Iterable[str]) -> None:
    for member in members:
        if EXECUTABLE.search(member):
            raise WrongFileKind(filename=filename, reason=f" เพราะมีโปรแกรมอยู่ข้างใน ({member})")


def _refuse_too_large(filename: str, packed: int, unpacked: int) -> None:
    if unpacked > MOST_UNPACKED or unpacked > max(MOST_RATIO * packed, RATIO_MATTERS_ABOVE):
        raise ArchiveTooLarge(filename=filename)


def _count(file: BinaryIO, signature: bytes) -> int:
    file.seek(0)
    found, kept = 0, b""
    while piece := file.read(_PIECE):
        found += (kept + piece).count(signature)
        kept = piece[1 - len(signature) :]
    return found
