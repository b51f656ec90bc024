"""The bytes of attachments: kept whole, proved on the way out, in a folder and in a bucket alike."""

import hashlib
import json
import os
import random
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from saraban.errors import FileDamaged, FileTooLarge, NotReady
from storage.files import BLOCK, FileStore, Folder, Spool, Stored, file_store, folder, store, sweep
from storage.files.store import path_of
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server

LIMIT = 20 * 2**20
PREFIX = "district/letters"
# Two whole blocks and a part of a third; no two blocks are alike.
CONTENT = random.Random(2569).randbytes(2 * BLOCK + 12_345)


@dataclass(frozen=True)
class Place:
    """A store under test, and the way to its bytes that does not lead through it."""

    files: FileStore
    read: Callable[[str], bytes]
    write: Callable[[str, bytes], object]


def bucket_store(s3: S3Server, bucket: str) -> FileStore:
    return file_store(
        f"s3://{bucket}/{PREFIX}", endpoint=s3.url, access_key=ACCESS_KEY, secret_key=SECRET_KEY
    )


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        root = tmp_path / "files"
        return Place(
            file_store(str(root)),
            lambda key: (root / path_of(key)).read_bytes(),
            lambda key, changed: (root / path_of(key)).write_bytes(changed),
        )
    s3: S3Server = request.getfixturevalue("s3")
    bucket: str = request.getfixturevalue("bucket")
    return Place(
        bucket_store(s3, bucket),
        lambda key: s3.request("GET", f"/{bucket}/{PREFIX}/{path_of(key)}"),
        lambda key, changed: s3.request("PUT", f"/{bucket}/{PREFIX}/{path_of(key)}", changed),
    )


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def spooled(folder: Path, content: bytes, chunk: int = 300_000) -> Spool:
    spool = Spool(folder, LIMIT, "หนังสือ.pdf")
    for start in range(0, len(content), chunk):
        spool.write(content[start : start + chunk])
    return spool


def kept(place: Place, folder: Path, content: bytes = CONTENT) -> Stored:
    with spooled(folder, content) as spool:
        return place.files.keep(spool)


# -- on the way in --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_the_whole_and_every_block_are_hashed_however_the_bytes_arrive(incoming: Path, size: int) -> None:
    content = CONTENT[:size]
    for chunk in (7_777, BLOCK, 3 * BLOCK):
        with spooled(incoming, content, chunk) as spool:
            assert spool.size == size
            assert spool.sha256 == hashlib.sha256(content).hexdigest()
            assert spool.blocks == b"".join(
                hashlib.sha256(content[at : at + BLOCK]).digest() for at in range(0, size, BLOCK)
            )
            assert spool.rewound().read() == content


def test_the_first_byte_too_many_is_refused_and_the_last_allowed_one_is_not(incoming: Path) -> None:
    with Spool(incoming, 10, "แผน.pdf") as spool:
        spool.write(b"0123456789")
        with pytest.raises(FileTooLarge) as refused:
            spool.write(b"x")
        assert refused.value.about == {"filename": "แผน.pdf", "limit": 10}
        assert spool.size == 10


def test_a_file_that_is_not_kept_leaves_nothing_behind(incoming: Path) -> None:
    with pytest.raises(ZeroDivisionError), spooled(incoming, CONTENT):
        assert len(list(incoming.iterdir())) == 1
        _ = 1 / 0
    assert list(incoming.iterdir()) == []


def test_receiving_a_file_holds_none_of_it_in_memory(incoming: Path) -> None:
    chunk = bytes(BLOCK)
    with Spool(incoming, 2**30) as spool:
        spool.write(chunk)
        tracemalloc.start()
        try:
            for _ in range(20):
                spool.write(chunk)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < BLOCK


def test_a_full_disk_is_told_as_not_ready() -> None:
    small = Path("/dev/full")
    if not small.exists():
        pytest.skip("this system has no device that is always full")
    with open(small, "wb", buffering=0) as full:
        spool = Spool(Path("/tmp"), LIMIT)
        with spool:
            os.dup2(full.fileno(), spool.rewound().fileno())
            with pytest.raises(NotReady):
                spool.write(CONTENT)
        assert not spool.path.exists()


def test_files_left_by_a_killed_process_are_swept_and_arriving_ones_are_not(incoming: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from storage.files import Spool;"
        "spool = Spool(Path(sys.argv[1]), 100); spool.write(b'half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, incoming], check=False, timeout=30)
    (abandoned,) = incoming.iterdir()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    os.utime(abandoned, (yesterday.timestamp(), yesterday.timestamp()))
    with spooled(incoming, b"arriving") as spool:
        assert sweep(incoming, before=datetime.now(UTC) - timedelta(hours=6)) == 1
        assert list(incoming.iterdir()) == [spool.path]


# -- kept and read --------------------------------------------------------------------------------


def test_what_was_kept_is_read_again_in_pieces_of_at_most_a_mebibyte(place: Place, incoming: Path) -> None:
    stored = kept(place, incoming)
    pieces = list(place.files.read(stored))
    assert b"".join(pieces) == CONTENT == place.read(stored.key)
    assert [len(piece) for piece in pieces] == [BLOCK, BLOCK, 12_345]
    assert (stored.size, stored.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert list(incoming.iterdir()) == []
    place.files.verify(stored)


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 1),
        (5, BLOCK),
        (BLOCK - 1, BLOCK + 1),
        (BLOCK, 2 * BLOCK),
        (BLOCK + 9, None),
        (2 * BLOCK + 12_344, None),
        (len(CONTENT), None),
        (7, 7),
        (0, 10**12),
    ],
)
def test_any_range_of_bytes_can_be_read(place: Place, incoming: Path, start: int, stop: int | None) -> None:
    stored = kept(place, incoming)
    assert b"".join(place.files.read(stored, start, stop)) == CONTENT[start:stop]


def test_a_file_larger_than_one_part_of_an_upload_is_kept_whole(place: Place, incoming: Path) -> None:
    large = random.Random(1).randbytes(17 * 2**20 + 3)
    stored = kept(place, incoming, large)
    assert hashlib.sha256(place.read(stored.key)).hexdigest() == stored.sha256
    place.files.verify(stored)


def test_the_same_content_twice_makes_two_copies_of_which_one_can_go(place: Place, incoming: Path) -> None:
    first, second = kept(place, incoming), kept(place, incoming)
    assert first.key != second.key and first.key.startswith(first.sha256)
    place.files.delete(first.key)
    assert b"".join(place.files.read(second)) == CONTENT


def test_a_copy_is_listed_until_it_is_deleted_and_deleting_it_again_is_no_error(
    place: Place, incoming: Path
) -> None:
    place.files.check()  # whatever a check writes is not a file of a letter
    before = datetime.now(UTC) - timedelta(seconds=5)
    first, second = kept(place, incoming, b"first"), kept(place, incoming, b"the second")
    found = {each.key: each for each in place.files.listing()}
    assert {key: each.size for key, each in found.items()} == {first.key: 5, second.key: 10}
    assert all(before < each.modified < datetime.now(UTC) + timedelta(seconds=5) for each in found.values())
    place.files.delete(first.key)
    place.files.delete(first.key)
    assert [each.key for each in place.files.listing()] == [second.key]


# -- damaged --------------------------------------------------------------------------------------


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_a_changed_first_block_is_refused_before_any_answer_has_begun(place: Place, incoming: Path) -> None:
    stored = kept(place, incoming)
    place.write(stored.key, flipped(CONTENT, 17))
    with pytest.raises(FileDamaged):
        place.files.read(stored)


def test_a_changed_byte_never_leaves_and_the_blocks_before_it_do(place: Place, incoming: Path) -> None:
    stored = kept(place, incoming)
    place.write(stored.key, flipped(CONTENT, BLOCK + 99))
    reading: Iterator[bytes] = place.files.read(stored)
    assert next(reading) == CONTENT[:BLOCK]
    with pytest.raises(FileDamaged):
        next(reading)
    # The changed byte lies outside this range, but inside a block that would have to be trusted for it.
    with pytest.raises(FileDamaged):
        place.files.read(stored, BLOCK + 500, BLOCK + 600)
    assert b"".join(place.files.read(stored, 2 * BLOCK)) == CONTENT[2 * BLOCK :]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all that is hashed on its way out."""
    sizes: list[int] = []

    def counted(content: bytes = b"") -> object:
        sizes.append(len(content))
        return hashlib.sha256(content)

    monkeypatch.setattr(store, "hashlib", SimpleNamespace(sha256=counted))
    return sizes


def test_a_block_of_a_folder_that_was_checked_is_hashed_again_only_when_its_file_was_written(
    tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch, hashed: list[int]
) -> None:
    monkeypatch.setattr(folder, "SETTLED", -1)
    files = Folder(tmp_path / "files")
    with spooled(incoming, CONTENT) as spool:
        stored = files.keep(spool)
    for _ in range(3):
        assert b"".join(files.read(stored)) == CONTENT
    assert hashed == [BLOCK, BLOCK, 12_345]

    path = tmp_path / "files" / path_of(stored.key)
    as_it_was = path.stat()
    while path.stat().st_ctime_ns == as_it_was.st_ctime_ns:  # the clock of older systems ticks slowly
        path.write_bytes(flipped(CONTENT, 2 * BLOCK + 1))
        os.utime(path, ns=(as_it_was.st_atime_ns, as_it_was.st_mtime_ns))
    assert b"".join(files.read(stored, 0, 2 * BLOCK)) == CONTENT[: 2 * BLOCK]
    with pytest.raises(FileDamaged):
        files.read(stored, 2 * BLOCK)

    path.write_bytes(CONTENT)
    assert b"".join(files.read(stored)) == CONTENT
    with pytest.raises(FileDamaged):
        files.read(replace(stored, blocks=bytes(len(stored.blocks))))


def test_what_was_written_just_now_is_hashed_every_time(
    tmp_path: Path, incoming: Path, hashed: list[int]
) -> None:
    files = Folder(tmp_path / "files")
    with spooled(incoming, b"the letter") as spool:
        stored = files.keep(spool)
    assert [b"".join(files.read(stored)) for _ in range(2)] == [b"the letter"] * 2 and hashed == [10, 10]


def test_what_was_checked_is_checked_anew_after_ten_minutes(
    tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch, hashed: list[int]
) -> None:
    clock = SimpleNamespace(time=lambda: 4e9, monotonic=lambda: clock.now, now=1.0)
    monkeypatch.setattr(folder, "time", clock)
    files = Folder(tmp_path / "files")
    with spooled(incoming, b"the letter") as spool:
        stored = files.keep(spool)
    for clock.now in (1.0, 599.0, 600.0, 1199.0, 1200.0):
        assert b"".join(files.read(stored)) == b"the letter"
    assert hashed == [10, 10, 10]


def test_what_was_checked_is_forgotten_before_it_fills_the_memory(
    tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch, hashed: list[int]
) -> None:
    monkeypatch.setattr(folder, "SETTLED", -1)
    monkeypatch.setattr(store, "REMEMBERED", 2)
    files = Folder(tmp_path / "files")
    with spooled(incoming, CONTENT) as spool:
        stored = files.keep(spool)
    assert [b"".join(files.read(stored)) for _ in range(2)] == [CONTENT] * 2
    assert len(files._whole) <= 2


def test_a_missing_file_is_damaged(place: Place, incoming: Path) -> None:
    stored = kept(place, incoming)
    place.files.delete(stored.key)
    with pytest.raises(FileDamaged):
        place.files.read(stored)


@pytest.mark.parametrize("left", [0, 1, BLOCK, 2 * BLOCK + 1])
def test_a_file_cut_short_is_damaged_in_every_range_that_is_no_longer_whole(
    place: Place, incoming: Path, left: int
) -> None:
    stored = kept(place, incoming)
    place.write(stored.key, CONTENT[:left])
    with pytest.raises(FileDamaged):
        place.files.read(stored, 2 * BLOCK)
    with pytest.raises(FileDamaged):
        place.files.verify(stored)


def test_verifying_finds_a_row_that_was_changed_together_with_its_file(place: Place, incoming: Path) -> None:
    stored = kept(place, incoming, b"the letter")
    place.write(stored.key, b"THE LETTER")
    forged = replace(stored, blocks=hashlib.sha256(b"THE LETTER").digest())
    with pytest.raises(FileDamaged):
        place.files.verify(forged)


# -- ready, and not -------------------------------------------------------------------------------


def test_a_store_that_can_be_written_is_ready_every_time(place: Place) -> None:
    place.files.check()
    place.files.check()
    assert list(place.files.listing()) == []


def test_a_folder_that_has_gone_is_not_ready(tmp_path: Path) -> None:
    files = Folder(tmp_path / "files")
    files.check()
    files.path.rmdir()
    with pytest.raises(NotReady):
        files.check()


def test_a_bucket_that_is_not_there_is_not_ready_and_keeps_the_file_arriving(
    s3: S3Server, incoming: Path
) -> None:
    files = bucket_store(s3, "nobody-made-this")
    with pytest.raises(NotReady):
        files.check()
    with spooled(incoming, CONTENT) as spool:
        with pytest.raises(NotReady):
            files.keep(spool)
        assert spool.rewound().read() == CONTENT


def test_a_store_that_does_not_answer_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    files = file_store("s3://bucket", endpoint=nobody, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    with pytest.raises(NotReady):
        files.check()
    with pytest.raises(NotReady):
        files.read(Stored("00aa", "00", 1, bytes(32)))


def test_a_folder_on_another_file_system_than_the_spool_keeps_files_too(incoming: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == incoming.parent.stat().st_dev:
        pytest.skip("this machine has no second file system at hand")
    root = shared / f"saraban-test-{os.getpid()}"
    try:
        files = file_store(root.as_uri())
        with spooled(incoming, CONTENT) as spool:
            stored = files.keep(spool)
        files.verify(stored)
        assert list(incoming.iterdir()) == []
    finally:
        subprocess.run(["rm", "-r", str(root)], check=True)


@pytest.mark.parametrize("beforehand", [False, True])
def test_a_kept_file_and_every_folder_above_it_are_synced_before_it_counts_as_kept(
    incoming: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beforehand: bool
) -> None:
    root = tmp_path / "files"
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        name = os.readlink(f"/proc/self/fd/{handle}")
        synced.append((name, any(path.is_file() for path in root.rglob("*"))))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    files = Folder(root)
    with spooled(incoming, b"durable") as spool:
        arriving = str(spool.path)
        if beforehand:
            files.prepare(spool)
            assert synced == [(arriving, False)]
        stored = files.keep(spool)
    target = root / path_of(stored.key)
    # The bytes before the name, and once; then every name on the way to it.
    assert synced == [(arriving, False)] + [
        (str(folder), True) for folder in (target.parent, target.parent.parent, root)
    ]


def test_what_is_written_after_it_was_brought_to_disk_is_brought_there_too(
    incoming: Path, tmp_path: Path
) -> None:
    files = Folder(tmp_path / "files")
    with spooled(incoming, b"dur") as spool:
        files.prepare(spool)
        spool.write(b"able")
        synced: list[int] = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "fsync", synced.append)
            spool.flush(to_disk=True)
        assert len(synced) == 1


# -- which store ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("ftp://example.test/files", {}),
        ("s3://bucket", {}),
        ("s3://bucket", {"access_key": "a"}),
        ("s3://", {"access_key": "a", "secret_key": "b"}),
        ("s3://bucket", {"access_key": "a", "secret_key": "b", "endpoint": "localhost:9000"}),
    ],
)
def test_a_place_that_cannot_be_understood_or_reached_with_keys_is_refused_at_once(
    url: str, options: dict[str, str]
) -> None:
    with pytest.raises(ValueError):
        file_store(url, **options)


def test_nothing_in_the_environment_leads_the_letters_elsewhere(s3: S3Server, bucket: str) -> None:
    # In a process of its own: the client reads the real environment, not Python's copy of it.
    program = (
        "import sys; from storage.files import file_store\n"
        "files = file_store(sys.argv[1], endpoint=sys.argv[2], access_key='a', secret_key='b')\n"
        "files.check(); print(list(files.listing()))"
    )
    elsewhere = "http://127.0.0.1:9"
    stray = {
        "AWS_ENDPOINT": elsewhere,
        "AWS_ENDPOINT_URL": elsewhere,
        "AWS_ENDPOINT_URL_S3": elsewhere,
        "AWS_METADATA_ENDPOINT": elsewhere,
        "AWS_ACCESS_KEY_ID": "stray",
        "AWS_SESSION_TOKEN": "stray",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_REGION": "stray",
        "AWS_ALLOW_HTTP": "false",
    }
    ran = subprocess.run(
        [sys.executable, "-c", program, f"s3://{bucket}/{PREFIX}", s3.url],
        env={**os.environ, **stray},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, json.loads(ran.stdout or "null")) == (0, []), ran.stderr
    assert s3.request("GET", f"/{bucket}/{PREFIX}/writable") == b"written"
