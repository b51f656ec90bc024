"""How a file is handed to a browser: under which name, and what it may do there."""

from __future__ import annotations

from urllib.parse import quote

ALONE = "default-src 'none'; sandbox"
# In a frame of ours; Chromium's PDF viewer works inside the sandbox (156, tried).
FRAMED = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


def disposition(how: str, filename: str) -> str:
    """The Thai name as it is, and one that needs no quoting for programs that read only the old form."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._- ") else "_" for one in filename)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
