"""The packages of this house stand side by side; a stranger of the same name is not let in."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

NEIGHBOURS = ("routers", "storage")
MARK = "saraban"


def check_neighbours() -> None:
    """Refuses to start when `routers` or `storage`, which are common names, belong to somebody else."""
    for name in NEIGHBOURS:
        found = _folder(name)
        # The folder is compared before anything is imported, so that a stranger's code never runs.
        if found is None or found.parent != _home() or getattr(import_module(name), "HOUSE", None) != MARK:
            raise ImportError(
                f"แพ็กเกจ {name} ที่พบ ({found or 'ไม่พบ'}) ไม่ใช่ของระบบสารบรรณนี้: "
                f"ติดตั้ง saraban ในสภาพแวดล้อม (venv) ของตนเอง แล้วเริ่มระบบใหม่",
                name=name,
            )


def _home() -> Path:
    return Path(__file__).resolve().parent.parent


def _folder(name: str) -> Path | None:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve()
