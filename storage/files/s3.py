"""Files in an S3-compatible store: past one machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from saraban.errors import FileDamaged, NotReady
from storage.files.spool import Spool, Stored
from storage.files.store import FileStore, Found, Listed, new_key, path_of

if TYPE_CHECKING:
    from obstore.store import S3Credential

_PART = 8 * 2**20  # of a multipart upload; two at a time, so one upload holds at most 16 MiB
_PROBE = "writable"


class Bucket(FileStore):
    def __init__(
        self, bucket: str, prefix: str = "", *, endpoint: str, region: str, access_key: str, secret_key: str
    ) -> None:
        super().__init__()
        keys: S3Credential = {
            "access_key_id": access_key,
            "secret_access_key": secret_key,
            "token": None,
            "expires_at": None,
        }
        # obstore fills whatever is not said from AWS_… variables, and without keys asks the machine's
        # metadata service. A stray variable must not send letters elsewhere: what decides where is said here.
        # Path style, because a store at an office's own address has no wildcard name.
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config={
                "endpoint": endpoint,
                "aws_endpoint_url_s3": endpoint,
                "region": region,
                "virtual_hosted_style_request": False,
                "skip_signature": False,
                "unsigned_payload": False,
                "request_payer": False,
                "s3_express": False,
                "disable_bulk_delete": True,  # not every store has it
            },
            credential_provider=lambda: keys,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": "30s"},
            # A person is waiting: better to say soon that the store does not answer than to try for minutes.
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
        )
        self._written = False

    def prepare(self, spool: Spool) -> None:
        """Nothing: what was sent early would have to be deleted if the file is refused."""

    def keep(self, spool: Spool) -> Stored:
        stored = Stored(new_key(spool.sha256), spool.sha256, spool.size, spool.blocks)
        spool.flush()
        with _reachable():
            obstore.put(self._store, path_of(stored.key), spool.path, chunk_size=_PART, max_concurrency=2)
        spool.discard()
        return stored

    def delete(self, key: str) -> None:
        with _reachable():
            try:
                obstore.delete(self._store, path_of(key))
            except FileNotFoundError:
                return  # most stores do not mind, a few do

    def listing(self) -> Iterator[Listed]:
        with _reachable():
            for found in obstore.list(self._store, chunk_size=1000):
                for each in found:
                    key = each["path"].rpartition("/")[2]
                    if each["path"] == path_of(key):
                        yield Listed(key, each["size"], each["last_modified"])

    def check(self) -> None:
        with _reachable():
            # Written once by each process and only looked at afterwards: in a bucket with versions, a write
            # at every probe of a load balancer would pile up thousands of versions a day.
            if not self._written:
                obstore.put(self._store, _PROBE, b"written", use_multipart=False)
                self._written = True
            obstore.head(self._store, _PROBE)

    def _piece(self, stored: Stored, start: int, stop: int) -> Found:
        # One request for each MiB and not one stream: a school on a weak line reads for minutes, longer than
        # a store keeps a stream open, and every block must be whole before any of it leaves.
        path = path_of(stored.key)
        with _reachable():
            try:
                return Found(bytes(obstore.get_range(self._store, path, start=start, end=stop)))
            except FileNotFoundError as error:
                raise FileDamaged(key=stored.key) from error
            except BaseError as error:
                if obstore.head(self._store, path)["size"] == stored.size:
                    raise
                raise FileDamaged(key=stored.key) from error  # cut short: the range begins after its end


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:  # a bucket that is not there is a FileNotFoundError
        raise NotReady(reason="ที่เก็บไฟล์ไม่ตอบหรือไม่อนุญาต") from error
