"""A file's name as it is stored and handed out again: readable everywhere, harmless everywhere."""

import re
import unicodedata

from saraban.thai.digits import to_arabic

LONGEST = 200  # characters; Windows stops at 255 for the whole name, and people add " (1)" to it
_NAMELESS = "ไฟล์"
_LONGEST_EXTENSION = 10
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Devices of Windows: a file called `con.pdf` can be neither saved nor deleted there.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def clean_filename(name: str) -> str:
    """The last part of a path without what is invisible or forbidden, with Arabic digits; Thai intact."""
    name = name.replace("\\", "/").rpartition("/")[2]
    # Cc control, Cf format (zero-width, and the overrides that show `fdp.exe` as `exe.pdf`), Cs half a pair,
    # Zl and Zp line and paragraph ends.
    seen = "".join(
        " " if each.isspace() else each
        for each in name
        if each in "\t\n\r" or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    seen = to_arabic(unicodedata.normalize("NFC", seen))
    seen = " ".join(_FORBIDDEN.sub("_", seen).split()).rstrip(". ")
    stem, dot, extension = seen.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION or " " in extension:
        stem, dot, extension = seen, "", ""
    stem = stem.strip(". ") or _NAMELESS
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return _cut(stem, LONGEST - len(dot + extension)) + dot + extension


def extension_of(filename: str) -> str:
    """The part after the last dot in small letters, or nothing."""
    return filename.rpartition(".")[2].lower() if "." in filename else ""


def _cut(text: str, length: int) -> str:
    # Never between a consonant and what is written above or below it.
    while len(text) > length > 0 and unicodedata.category(text[length]) == "Mn":
        length -= 1
    return text[:length].rstrip(". ")
