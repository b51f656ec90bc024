"""Is everything there, and is it what it was? Numbers, events, receipts and files, read through and recomputed.

The database is read as it was at one moment, so that an office may be checked while it works; rows are streamed,
so that a country's books need no more memory than a school's. Findings name ids, never subjects or file names.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, exists, func, or_, select

from saraban.errors import FileDamaged
from saraban.ids import show
from saraban.office import Office
from saraban.receipts import FileFacts, NotGenuine, utc_text, verify
from storage import deliveries, events, letters, signing_keys
from storage.files import Stored
from storage.tables import attachment, blob, chain, delivery, dispatch, entry, event, letter
from storage.tables import office as offices
from storage.tables import receipt, register, upload
