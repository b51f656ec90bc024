"""Attachments: content-addressed, hashed on the way in, checked on the way out."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.files.folder import Folder
from storage.files.spool import BLOCK, Spool, Stored, sweep
from storage.files.store import FileStore, Listed

__all__ = ["BLOCK", "FileStore", "Folder", "Listed", "Spool", "Stored", "file_store", "sweep"]


def file_store(
    url: str,
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: str | None = None,
    secret_key: str | None = None,
) -> FileStore:
    """The store an operator named: `s3://bucket/prefix`, `file:///folder` or the path of a folder."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    if parts.scheme == "":
        return Folder(Path(url))
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"not a place for files: {url!r} (s3://bucket/prefix, file:///folder or a path)")
    if not access_key or not secret_key:
        raise ValueError("an s3:// store needs its access key and secret key")
    endpoint = endpoint or f"https://s3.{region}.amazonaws.com"
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise ValueError(f"the address of the store begins with https:// or http://: {endpoint!r}")
    # Imported where it is used: an office with one machine never loads the store's client.
    from storage.files.s3 import Bucket

    return Bucket(
        parts.netloc,
        unquote(parts.path).strip("/"),
        endpoint=endpoint.rstrip("/"),
        region=region,
        access_key=access_key,
        secret_key=secret_key,
    )
