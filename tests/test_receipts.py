"""Receipts prove what they say and show every change."""

import copy
import hashlib
import json
import multiprocessing
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings, strategies as st

from saraban.receipts import NotGenuine, Signer, canonical, parse_keys, utc_text, verify
from tests.papers import RECEIPT as FACTS

OURS = Signer(Ed25519PrivateKey.generate())
STRANGER = Signer(Ed25519PrivateKey.generate())
KEYS = {OURS.key_id: OURS.public_key}

ISSUED = OURS.sign(FACTS)
COMPACT = json.dumps(ISSUED, ensure_ascii=False, separators=(",", ":")).encode()
DEFAULT = json.dumps(ISSUED).encode()


def changed(**changes):
    return {**copy.deepcopy(FACTS), **changes}


def rendered(document):
    return json.dumps(document, ensure_ascii=False).encode()


# --- what passes ---


def test_an_issued_receipt_is_genuine_and_says_what_was_signed():
    assert verify(COMPACT, KEYS) == FACTS
    assert ISSUED.keys() == {"receipt", "key_id", "signature"}
    assert len(ISSUED["signature"]) == 128


@pytest.mark.parametrize("final", ["", "\n"])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {}, {"indent": 2}, {"indent": 4}])
def test_a_copy_written_anew_by_another_program_is_still_genuine(layout, ascii_only, final):
    assert verify((json.dumps(ISSUED, ensure_ascii=ascii_only, **layout) + final).encode(), KEYS) == FACTS


def test_the_order_of_keys_in_the_copy_does_not_matter():
    turned = {key: ISSUED[key] for key in ("signature", "key_id", "receipt")}
    turned["receipt"] = dict(sorted(FACTS.items(), reverse=True))
    assert verify(rendered(turned), KEYS) == FACTS
    assert OURS.sign(turned["receipt"]) == ISSUED


def test_a_receipt_without_files_or_number_is_genuine():
    facts = changed(files=[], number=None)
    assert verify(json.dumps(OURS.sign(facts), indent=2).encode(), KEYS) == facts


def test_what_is_signed_is_compact_utf8_in_a_fixed_order():
    signed = canonical(dict(reversed(FACTS.items())))
    assert signed == json.dumps(FACTS, ensure_ascii=False, separators=(",", ":")).encode()
    assert "ศธ 04999/ว 2631".encode() in signed
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(OURS.public_key))
    public.verify(bytes.fromhex(ISSUED["signature"]), signed)


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8")), st.integers(1, 10**9), st.booleans())
def test_any_text_a_person_enters_can_be_signed_and_verified(text, number, ascii_only):
    facts = changed(
        person=text, letter_no=text, number=number, files=[{"filename": text, "sha256": "a" * 64, "size": 0}]
    )
    assert verify(json.dumps(OURS.sign(facts), ensure_ascii=ascii_only).encode(), KEYS) == facts


# --- what does not ---


@pytest.mark.parametrize(
    "document", [COMPACT, DEFAULT, COMPACT + b"\n"], ids=["compact", "default", "final newline"]
)
def test_no_flipped_bit_goes_unseen(document):
    verify(document, KEYS)
    unseen = []
    for at in range(len(document) * 8):
        flipped = bytearray(document)
        flipped[at // 8] ^= 1 << at % 8
        try:
            verify(bytes(flipped), KEYS)
        except NotGenuine:
            continue
        unseen.append(at)
    assert unseen == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("letter_no", "ศธ 04999/ว 2632"),
        ("receiver", {**FACTS["receiver"], "code": "99010002"}),
        ("number", 418),
        ("number", None),
        ("acknowledged_at", "2026-07-01T02:57:26.000001Z"),
        ("files", []),
    ],
)
def test_a_changed_fact_is_not_genuine(name, value):
    with pytest.raises(NotGenuine, match="ลายมือชื่อ"):
        verify(rendered({**ISSUED, "receipt": changed(**{name: value})}), KEYS)


@pytest.mark.parametrize(
    "spelling",
    [
        b" " + COMPACT,
        COMPACT + b" ",
        COMPACT + b"\n\n",
        COMPACT + b"\r\n",
        b"\xef\xbb\xbf" + COMPACT,
        COMPACT.replace(b'"key_id"', b'"\\u006bey_id"'),
        COMPACT.replace(b'"number":417', b'"number": 417'),
        COMPACT.replace(b"04999/", b"04999\\/"),
        DEFAULT.replace(b"\\u0e28", b"\\u0E28"),
        json.dumps(ISSUED, indent=3).encode(),
        json.dumps(ISSUED, ensure_ascii=False).encode("utf-16"),
    ],
)
def test_another_spelling_of_the_same_content_is_not_genuine(spelling):
    with pytest.raises(NotGenuine):
        verify(spelling, KEYS)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b'"receipt"',
        b"{",
        pytest.param(b"[" * 100_000, id="deep"),
        COMPACT[:-1],
        COMPACT + COMPACT,
        COMPACT.replace(b'"number":417', b'"number":417.0'),
        COMPACT.replace(b'"number":417', b'"number":NaN'),
        COMPACT.replace(b'"number":417', b'"number":Infinity'),
        pytest.param(COMPACT.replace(b'"number":417', b'"number":' + b"9" * 5000), id="long"),
    ],
)
def test_what_is_no_plain_json_receipt_is_refused_in_thai(text):
    with pytest.raises(NotGenuine, match=r"[ก-ฮ]"):
        verify(text, KEYS)


@pytest.mark.parametrize(
    "document",
    [
        COMPACT[:-1] + b',"key_id":"' + OURS.key_id.encode() + b'"}',
        COMPACT.replace(b'"number":417', b'"number":1,"number":417'),
        COMPACT.replace(b'"number":417', b'"number":417,"number":417'),
    ],
)
def test_a_key_that_stands_twice_is_refused(document):
    with pytest.raises(NotGenuine, match="ซ้ำ"):
        verify(document, KEYS)


def without(facts, name):
    return {key: value for key, value in facts.items() if key != name}


MISSHAPEN = [
    *(without(FACTS, name) for name in FACTS),
    changed(extra=1),
    changed(delivery=7),
    changed(person=None),
    changed(person="\ud800"),
    changed(dated="1/7/2569"),
    changed(dated="20260701"),
    changed(dated="2026-02-30"),
    changed(sender="9901"),
    changed(sender={"code": 9901, "name": "ก"}),
    changed(sender={"code": "9901"}),
    changed(receiver={"code": "9901", "name": "ก", "district": "ข"}),
    changed(files={}),
    changed(files=[[]]),
    changed(files=[{"filename": "ก", "sha256": "0F" * 32, "size": 1}]),
    changed(files=[{"filename": "ก", "sha256": "0f" * 31, "size": 1}]),
    changed(files=[{"filename": "ก", "sha256": "0f" * 32, "size": -1}]),
    changed(files=[{"filename": "ก", "sha256": "0f" * 32, "size": True}]),
    changed(number="417"),
    changed(number=0),
    changed(number=True),
    changed(year=2026),
    changed(year=None),
    changed(acknowledged_at="2026-07-01T02:57:26Z"),
    changed(acknowledged_at="2026-07-01T09:57:26.000000+07:00"),
    changed(received_at="2026-07-01T02:57:26.000000"),
    changed(received_at="0001-01-01T00:00:00+23:00"),
    changed(received_at=None),
]


@pytest.mark.parametrize("facts", MISSHAPEN, ids=range(len(MISSHAPEN)))
def test_facts_of_another_shape_are_neither_signed_nor_verified(facts):
    with pytest.raises(ValueError):
        OURS.sign(facts)
    # Signed all the same by a program that checks nothing: the shape is refused before the signature counts.
    signed = json.dumps(facts).encode()
    document = {"receipt": facts, "key_id": OURS.key_id, "signature": OURS._private_key.sign(signed).hex()}
    with pytest.raises(NotGenuine, match=r"receipt|เอกสาร"):
        verify(json.dumps(document).encode(), KEYS)


@pytest.mark.parametrize(
    "document",
    [
        {**ISSUED, "note": ""},
        {"receipt": FACTS, "key_id": OURS.key_id},
        {**ISSUED, "key_id": OURS.key_id.upper() + "F"},
        {**ISSUED, "signature": ISSUED["signature"][:-2]},
        {**ISSUED, "signature": ISSUED["signature"].upper() + "F"},
        {**ISSUED, "signature": None},
    ],
)
def test_an_envelope_of_another_shape_is_refused(document):
    with pytest.raises(NotGenuine, match="เอกสาร"):
        verify(rendered(document), KEYS)


def test_a_receipt_signed_by_a_stranger_is_refused_even_under_our_name():
    with pytest.raises(NotGenuine, match=STRANGER.key_id):
        verify(rendered(STRANGER.sign(FACTS)), KEYS)
    with pytest.raises(NotGenuine, match="ลายมือชื่อ"):
        verify(rendered({**STRANGER.sign(FACTS), "key_id": OURS.key_id}), KEYS)


def test_a_second_signature_cannot_be_made_from_the_first():
    # Ed25519 without the range check would take S + L as well, L being the order of the group.
    order = 2**252 + 27742317777372353535851937790883648493
    raw = bytes.fromhex(ISSUED["signature"])
    other = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(NotGenuine):
        verify(rendered({**ISSUED, "signature": other.hex()}), KEYS)


# --- keys ---


def test_a_key_is_named_by_the_hash_of_its_public_half():
    assert OURS.key_id == hashlib.sha256(bytes.fromhex(OURS.public_key)).hexdigest()[:16]


def test_a_key_is_made_once_readable_by_its_owner_only_and_found_again(tmp_path):
    path = tmp_path / "signing.pem"
    made = Signer.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert [entry.name for entry in tmp_path.iterdir()] == ["signing.pem"]
    again = Signer.load_or_create(path)
    assert (again.key_id, again.public_key) == (made.key_id, made.public_key)
    assert verify(rendered(again.sign(FACTS)), {made.key_id: made.public_key}) == FACTS


def make_keys(folder, rounds, start, found):
    keys = []
    for turn in range(rounds):
        start.wait()
        keys.append(Signer.load_or_create(Path(folder) / f"{turn}.pem").key_id)
    found.put(keys)


def test_processes_that_start_at_once_end_with_one_key(tmp_path):
    rounds, processes = 30, 3
    context = multiprocessing.get_context("spawn")
    start, found = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=make_keys, args=(str(tmp_path), rounds, start, found))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    answers = [found.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    kept = [Signer.load_or_create(tmp_path / f"{turn}.pem").key_id for turn in range(rounds)]
    assert answers == [kept] * processes
    assert len(set(kept)) == rounds == len(list(tmp_path.iterdir()))


def test_a_file_that_holds_no_key_of_ours_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "signing.pem"
    other_kind = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"", b"not a key", other_kind):
        path.write_bytes(content)
        with pytest.raises(ValueError):
            Signer.load_or_create(path)
        assert path.read_bytes() == content


def listed(*signers, **changes):
    keys = [
        {"key_id": s.key_id, "algorithm": "Ed25519", "public_key": s.public_key, **changes} for s in signers
    ]
    return json.dumps({"keys": keys})


def pem_of(signer):
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_key))
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def test_published_keys_are_read_from_json_and_from_pem():
    assert parse_keys(listed(OURS, STRANGER)) == {**KEYS, STRANGER.key_id: STRANGER.public_key}
    assert parse_keys(pem_of(OURS)) == KEYS
    assert parse_keys("\n" + pem_of(OURS) + "\n") == KEYS
    assert verify(COMPACT, parse_keys(listed(OURS))) == FACTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"keys": 1}',
        '{"keys": [1]}',
        listed(OURS, algorithm="RSA"),
        listed(OURS, key_id=STRANGER.key_id),
        listed(OURS, key_id=[]),
        listed(OURS, public_key=STRANGER.public_key),
        listed(OURS, public_key="zz"),
        listed(OURS, public_key=7),
        listed(OURS, public_key=OURS.public_key[:-2]),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        generate_private_key(SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    ],
    ids=range(14),  # the keys are other ones in each worker, and tests must have the same names in all
)
def test_what_is_no_list_of_our_keys_is_refused_in_thai(text):
    with pytest.raises(ValueError, match=r"[ก-ฮ]"):
        parse_keys(text)


# --- instants ---


def test_an_instant_has_one_form():
    bangkok = timezone(timedelta(hours=7))
    assert utc_text(datetime(2026, 7, 1, 9, 57, 26, tzinfo=bangkok)) == "2026-07-01T02:57:26.000000Z"
    assert utc_text(datetime(2026, 7, 1, 2, 57, 26, 5, tzinfo=UTC)) == "2026-07-01T02:57:26.000005Z"
    with pytest.raises(ValueError, match="time zone"):
        utc_text(datetime(2026, 7, 1))
