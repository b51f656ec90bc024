"""Receipts: the signed proof that an office acknowledged a letter, and its verification by anybody."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias, TypedDict, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class OfficeFacts(TypedDict):
    """An office as it was called at the time."""

    code: str
    name: str


class FileFacts(TypedDict):
    """A file that was delivered, named by its content."""

    filename: str
    sha256: str
    size: int


class ReceiptFacts(TypedDict):
    """What a receipt proves: who received which letter, with which files, when and under which number."""

    delivery: str
    letter_no: str
    dated: str
    sender: OfficeFacts
    receiver: OfficeFacts
    files: list[FileFacts]
    number: int | None
    year: int
    person: str
    acknowledged_at: str
    received_at: str


class ReceiptDocument(TypedDict):
    """The file that is issued."""

    receipt: ReceiptFacts
    key_id: str
    signature: str


class NotGenuine(ValueError):
    """The document is no receipt of these keys, or something in it has changed; says so in Thai."""


def utc_text(moment: datetime) -> str:
    """An instant in the one form a receipt knows: `2026-07-01T02:57:26.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# --- The shape: exact keys in the signed order, exact types, one way to write each value ---

Fits = Callable[[object], bool]
Shape: TypeAlias = Fits | Mapping[str, "Shape"] | list["Shape"]


def _text(value: object) -> bool:
    # Half a surrogate pair can be spelled in JSON but has no UTF-8.
    return type(value) is str and not re.search("[\ud800-\udfff]", value)


def _hex(length: int) -> Fits:
    return lambda value: type(value) is str and re.fullmatch(f"[0-9a-f]{{{length}}}", value) is not None


def _whole(first: int, last: int = 2**63 - 1) -> Fits:
    return lambda value: type(value) is int and first <= value <= last  # type(), because True is an int, too


def _number(value: object) -> bool:
    return value is None or _whole(1)(value)


def _day(value: object) -> bool:
    try:
        return type(value) is str and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _instant(value: object) -> bool:
    try:
        return type(value) is str and utc_text(datetime.fromisoformat(value)) == value
    except (ValueError, OverflowError):
        return False


_OFFICE: Shape = {"code": _text, "name": _text}
_RECEIPT: Shape = {
    "delivery": _text,
    "letter_no": _text,
    "dated": _day,
    "sender": _OFFICE,
    "receiver": _OFFICE,
    "files": [{"filename": _text, "sha256": _hex(64), "size": _whole(0)}],
    "number": _number,
    "year": _whole(2443, 2743),  # Buddhist: 1900 to 2200
    "person": _text,
    "acknowledged_at": _instant,
    "received_at": _instant,
}
_DOCUMENT: Shape = {"receipt": _RECEIPT, "key_id": _hex(16), "signature": _hex(128)}


def _in_order(value: object, shape: Shape, where: str) -> object:
    """The value with its keys in the shape's order, or a refusal that names the place that does not fit."""
    if isinstance(shape, Mapping):
        if type(value) is not dict or value.keys() != shape.keys():
            raise NotGenuine(f"ใบตอบรับมีหัวข้อไม่ครบหรือเกินที่ “{where}”")
        return {key: _in_order(value[key], inner, f"{where}.{key}") for key, inner in shape.items()}
    if isinstance(shape, list):
        if type(value) is not list:
            raise NotGenuine(f"ใบตอบรับต้องมีรายการที่ “{where}”")
        return [_in_order(item, shape[0], f"{where}[{at}]") for at, item in enumerate(value)]
    if not shape(value):
        raise NotGenuine(f"ข้อมูลในใบตอบรับผิดรูปแบบที่ “{where}”")
    return value


def canonical(receipt: ReceiptFacts) -> bytes:
    """The bytes that are signed: compact UTF-8 JSON with its keys in a fixed order."""
    return _written(_in_order(receipt, _RECEIPT, "receipt"))


def _written(ordered: object) -> bytes:
    return _compact(ordered).encode()


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def proof_of(document: ReceiptDocument) -> str:
    """The code that stands on the paper: only who has the receipt can know it, and it knows every change."""
    signed = canonical(document["receipt"]) + bytes.fromhex(document["signature"])
    return hashlib.sha256(signed).hexdigest()[:32]


# --- Keys and signing ---


def key_id_of(public_key: bytes) -> str:
    """The short name of a raw public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


class Signer:
    """The office system's private key."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        raw = private_key.public_key().public_bytes_raw()
        self.key_id = key_id_of(raw)
        self.public_key = raw.hex()

    @classmethod
    def load_or_create(cls, path: Path) -> "Signer":
        """The key kept at the path, made there first when there is none."""
        if not path.exists():
            _keep_new_key(path)
        private_key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private_key, Ed25519PrivateKey):
            raise ValueError(f"{path} is not an Ed25519 key")
        return cls(private_key)

    def sign(self, receipt: ReceiptFacts) -> ReceiptDocument:
        """The document to issue."""
        ordered = cast(ReceiptFacts, _in_order(receipt, _RECEIPT, "receipt"))
        signature = self._private_key.sign(_written(ordered)).hex()
        return {"receipt": ordered, "key_id": self.key_id, "signature": signature}


def _keep_new_key(path: Path) -> None:
    """A whole key file appears at the path at once, unless another process was first: then its key stays."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, draft = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )  # has mode 0600 from the start
    try:
        with open(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike rename, link does not replace
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # a receipt must not outlive the key that signed it
        finally:
            os.close(folder)
    finally:
        os.unlink(draft)


def parse_keys(text: str) -> Mapping[str, str]:
    """Public keys by their id, from what `/.well-known/saraban-keys` answers or from a PEM public key."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return _pem_key(text)
        keys = json.loads(text)["keys"]
        listed = [(key["key_id"], key["algorithm"], bytes.fromhex(key["public_key"])) for key in keys]
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        raise ValueError("ไฟล์กุญแจสาธารณะอ่านไม่ได้ ต้องเป็น PEM หรือ JSON จาก /.well-known/saraban-keys") from error
    for key_id, algorithm, raw in listed:
        if algorithm != "Ed25519" or len(raw) != 32 or key_id != key_id_of(raw):
            raise ValueError(f"กุญแจสาธารณะ {key_id} ไม่ถูกต้อง")
    return {key_id: raw.hex() for key_id, _, raw in listed}


def _pem_key(text: str) -> Mapping[str, str]:
    public = serialization.load_pem_public_key(text.strip().encode())
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    raw = public.public_bytes_raw()
    return {key_id_of(raw): raw.hex()}


# --- Verifying ---


def verify(document: bytes, keys: Mapping[str, str]) -> ReceiptFacts:
    """What the receipt proves, or NotGenuine."""
    parsed = _parsed(document)
    ordered = cast(ReceiptDocument, _in_order(parsed, _DOCUMENT, "เอกสาร"))
    # One content has many spellings in JSON (spaces, \u0e01, -0), and the signature does not see a changed
    # spelling. So only the bytes that a plain JSON writer gives for this content are looked at any further.
    content = document.removesuffix(b"\n")
    if not any(content == rendering for rendering in _renderings(parsed)):
        raise NotGenuine("ตัวอักษรในไฟล์ใบตอบรับถูกแก้ไขหลังจากออกให้")
    public_key = keys.get(ordered["key_id"])
    if public_key is None:
        raise NotGenuine(f"ใบตอบรับลงนามด้วยกุญแจ {ordered['key_id']} ซึ่งไม่ใช่กุญแจของระบบนี้")
    verifier = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    try:
        verifier.verify(bytes.fromhex(ordered["signature"]), canonical(ordered["receipt"]))
    except InvalidSignature:
        raise NotGenuine("ลายมือชื่อไม่ตรงกับเนื้อความ ใบตอบรับถูกแก้ไขหรือไม่ได้ออกจากระบบนี้") from None
    return ordered["receipt"]


def _parsed(document: bytes) -> object:
    try:
        return json.loads(document.decode("utf-8"), object_pairs_hook=_unique)
    except NotGenuine:
        raise
    except (ValueError, RecursionError):
        raise NotGenuine("ไฟล์นี้ไม่ใช่ใบตอบรับ หรือเสียหายจนอ่านไม่ได้") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise NotGenuine("ใบตอบรับมีหัวข้อซ้ำกัน")
    return unique


def _renderings(parsed: object) -> Iterator[bytes]:
    """What plain JSON writers give for this content, the likeliest first."""
    for ensure_ascii in (False, True):
        yield json.dumps(parsed, ensure_ascii=ensure_ascii, separators=(",", ":")).encode()
        for indent in (None, 2, 4):
            yield json.dumps(parsed, ensure_ascii=ensure_ascii, indent=indent).encode()
