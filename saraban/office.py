"""What a command may touch, handed over by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from saraban.press import Press
from saraban.receipts import Signer
from saraban.settings import Settings
from storage.database import Database
from storage.files import FileStore

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Office:
    db: Database
    files: FileStore
    clock: Clock
    signer: Signer
    settings: Settings
    press: Press
    bell: Event = field(default_factory=Event)  # rung when there is something to print

    def close(self) -> None:
        self.press.close()
        self.db.close()
