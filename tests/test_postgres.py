"""The test session's PostgreSQL leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import postgres

ROOT = Path(__file__).parent.parent
HOLD = """
import sys
from pathlib import Path
from tests import postgres
session = Path(sys.argv[1])
alive = postgres.hold_open(session)
postgres.server_url(session)
print((session / "postgres" / "data" / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
"""


def test_the_server_is_gone_when_the_tests_are_killed() -> None:
    session = Path(tempfile.mkdtemp(prefix="saraban-tests-"))
    session.chmod(0o755)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, session],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        server = int(holder.stdout.readline())
        os.kill(server, 0)
        holder.send_signal(signal.SIGKILL)
    postgres.wait_until_stopped(session)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    shutil.rmtree(session, ignore_errors=True)
