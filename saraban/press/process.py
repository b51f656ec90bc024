"""One process of the press, as the service sees it."""

from __future__ import annotations

import io
import logging
import pickle
import subprocess
import sys
import threading
from dataclasses import is_dataclass
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from saraban.errors import PrintFailed, all_refusals

log = logging.getLogger("saraban")

_HOUSE = Path(__file__).parent.parent.parent  # where `saraban` is imported from, in a wheel and in a checkout
_WARM_SECONDS = 60  # a second is usual; a machine that has just been started is busy


class Worker:
    def __init__(self, seconds: float, memory_bytes: int, fonts: Path | None) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            told = [str(theirs.fileno()), str(seconds), str(memory_bytes), str(fonts or "")]
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", "saraban.press.worker", *told],
                cwd=_HOUSE,
                env={"LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.lost = False

    def begins(self, job: bytes) -> bool:
        """Whether it is at work now: it may still have to warm up, or have ended while it rested."""
        try:
            self._pipe.send_bytes(job)
            return self._pipe.poll(_WARM_SECONDS) and self._pipe.recv_bytes() == b"begun"
        except (EOFError, OSError):
            return False

    def finish(self, seconds: float) -> object:
        """What came of the job; whoever takes longer is killed."""
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            answer = self._pipe.recv_bytes()
        except (EOFError, OSError):
            answer = b""
        timer.cancel()
        timer.join()  # so that it cannot strike later, at another job
        self.lost = late.is_set() or not answer
        if late.is_set():
            raise PrintFailed(reason=f"ใช้เวลาเกิน {seconds:g} วินาที")
        if not answer:
            raise PrintFailed(reason=f"โปรแกรมพิมพ์หยุดทำงาน ({self._process.wait()})")
        return _told(answer)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._pipe.close()


class _OfThePress(pickle.Unpickler):
    """A worker reads what strangers have made, so it is not believed either: it answers in plain data, and in
    records of the press. Any other class could be one that does something when it is made."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("saraban.press.") else None
        record = isinstance(found, type) and (is_dataclass(found) or issubclass(found, tuple))
        if not record or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return found


def _told(answer: bytes) -> object:
    try:
        how, *what = _OfThePress(io.BytesIO(answer)).load()
    except Exception as strange:
        log.exception("the press answered something strange")
        raise PrintFailed(reason="ได้คำตอบผิดปกติ") from strange
    match how, what:
        case "done", [made]:
            return made
        case "refused", [code, field, about]:
            raise next(kind for kind in all_refusals() if kind.code == code)(field=field, **about)
        case "memory", []:
            raise PrintFailed(reason="ใช้หน่วยความจำเกินกำหนด")
    log.error("the press failed: %s", "".join(what))
    raise PrintFailed(reason="เอกสารนี้พิมพ์ไม่ได้")
