"""The floor of a write on PostgreSQL: the same statement, sent by pgbench."""

from __future__ import annotations

import re
import subprocess
import tempfile

from sqlalchemy import make_url

from bench import cluster, scales


def transactions(
    database: str, script: str, clients: int, *, seconds: float | None = None, each: int = 0
) -> float:
    """Transactions per second of so many connections, for so long or so many of each."""
    url = make_url(database)
    program = cluster.programs(scales.CACHE / "postgresql") / "pgbench"
    how_long = ["-T", str(max(round(seconds), 1))] if seconds else ["-t", str(each)]
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        asked = [program, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), *how_long]
        asked += ["-D", "turn=0", "-f", file.name, "-h", str(url.host), "-p", str(url.port), "-U", "postgres"]
        asked.append(str(url.database))
        ran = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"tps = ([0-9.]+) \(without", ran.stdout)
    if found is None or "failed transactions: 0 " not in ran.stdout:
        raise RuntimeError(f"pgbench: {ran.stdout}{ran.stderr}")
    return float(found[1])


def quoted(text: str) -> str:
    """A literal in a script."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
