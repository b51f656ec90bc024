"""Templates: how facts become what people read. Stored plain, shown Thai."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, MutableMapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import _escape_inner  # type: ignore[attr-defined]

from saraban.acts import ACTS, told
from saraban.levels import Secrecy, Urgency
from saraban.permissions import ROLES, Role
from saraban.thai.dates import (
    bangkok_day,
    buddhist_year,
    days_in_words,
    full_date,
    in_bangkok,
    short_date,
    short_moment,
)
from saraban.thai.digits import to_thai
from saraban.wording import on_paper, unbroken
from saraban.words import (
    BOOKS,
    CAME_BY,
    CHANNELS,
    DELIVERY_STATES,
    FORMS,
    LINE_STATES,
    OFFICE_KINDS,
    PRINTOUT_STATES,
    TASK_STATES,
)

# In a wheel the templates lie inside the package, in a checkout beside it.
_PLACES = (Path(__file__).parent / "templates", Path(__file__).parent.parent / "templates")
TEMPLATES = next(place for place in _PLACES if place.is_dir())
STATIC = TEMPLATES / "static"

# `done` is the same word of a line and of a task.
_STATES = {**DELIVERY_STATES, **LINE_STATES, **TASK_STATES}


def size_of(count: int) -> str:
    if count < 1024:
        return f"{count} ไบต์"
    if count < 2**20:
        return f"{count / 1024:.0f} กิโลไบต์"
    return f"{count / 2**20:.1f} เมกะไบต์"


def clock_time(moment: datetime) -> str:
    return f"{in_bangkok(moment):%H:%M} น."


def day_and_time(moment: datetime) -> str:
    """A time that a person set: `15 ก.ค. 2569 16:30 น.`, without seconds that nobody typed."""
    return f"{short_date(moment)} {clock_time(moment)}"


def held(said: str) -> str:
    """A number stays on the line of the word before it, and a time on that of its น.: `เขต 1`."""
    return _BEFORE_NUMBER.sub("\u00a0", said)


_BEFORE_NUMBER = re.compile(r" (?=[0-9]|น\.)")


def _whole(say: Callable[[Any], str]) -> Callable[[Any], str]:
    """A date or a size that is never torn over two lines."""
    return lambda value: say(value).replace(" ", "\u00a0")


def _moment(moment: datetime) -> str:
    """It may be torn before its time, which is twelve characters long, and nowhere else."""
    said = short_moment(moment).replace(" ", "\u00a0")
    return f"{said[:-12]} {said[-11:]}"


def typed_date(day: date) -> str:
    """As a person types it: `1/7/2569`."""
    day = bangkok_day(day)
    return f"{day.day}/{day.month}/{buddhist_year(day)}"


@cache
def fingerprint(name: str) -> str:
    """In the address of a static file, so that a browser may keep it for ever."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    return f"/static/{fingerprint(name)}/{name}"


class Unindented(FileSystemLoader):
    """Templates without the blanks that indent them, a twentieth of a page; what is typed keeps its own."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_current = super().get_source(environment, template)
        return re.sub(r"(?m)^[ \t]+", "", source), path, is_current


def shown(value: object) -> str:
    """What `markupsafe.escape` gives, without wrapping every word in an object of its own."""
    if type(value) is str:
        escaped: str = _escape_inner(value)
        return escaped
    if type(value) is int:
        return str(value)
    return str(value.__html__()) if hasattr(value, "__html__") else shown(str(value))


def call(what: Callable[..., Any], /, *args: Any, **kw: Any) -> Any:
    """A macro or a function of ours: none of them asks for the context."""
    return what(*args, **kw)


class Quick(CodeGenerator):
    """Long lists in half the time (measured): a loop gathers what it says and says it once, where Jinja hands
    every word through the generators of all templates around it."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        gathers = frame.buffer is None
        if gathers:
            self.buffer(frame)
        super().visit_For(node, frame)
        if gathers:
            self.writeline(f"yield concat({frame.buffer})")
            frame.buffer = None

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.shown(")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        self.write("environment.call(")
        self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")


class Templates(Environment):
    code_generator_class = Quick
    shown, call = staticmethod(shown), staticmethod(call)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One dictionary for all templates: chains of them are looked through again for every import."""
        return self.globals if d is None else {**self.globals, **d}


@cache
def environment() -> Environment:
    made = Templates(
        loader=Unindented(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "full_date": full_date,
        "days": lambda span: days_in_words(*span),
        "short_date": short_date,
        "moment": short_moment,
        "day_and_time": day_and_time,
        "time": clock_time,
        "typed_date": typed_date,
        "thai_digits": to_thai,
        "on_paper": on_paper,
        "unbroken": unbroken,
        "size": size_of,
        "urgency": lambda word: Urgency.named(word).thai,
        "secrecy": lambda word: Secrecy.named(word).thai,
        "state": _STATES.__getitem__,
        "printout": PRINTOUT_STATES.__getitem__,
        "channel": CAME_BY.__getitem__,
        "book": BOOKS.__getitem__,
        "kind": OFFICE_KINDS.__getitem__,
        "act": lambda word: ACTS.get(word, word),
        "told": told,
        "qr": qr,
        "role": lambda word: ROLES[Role(word)],
    }
    made.globals |= {
        "static": static,
        "URGENCIES": [(level.word, level.thai) for level in Urgency],
        "SECRECIES": [(level.word, level.thai) for level in Secrecy],
        "CHANNELS": list(CHANNELS.items()),
        "FORMS": list(FORMS.items()),
        "ROLES": [(role.value, thai) for role, thai in ROLES.items()],
    }
    return made


@cache
def screens() -> Environment:
    """The same for pages, where blanks hold a date together; on paper only markup does (`unbroken`)."""
    made = environment().overlay()
    made.filters = made.filters | {
        "full_date": _whole(full_date),
        "short_date": _whole(short_date),
        "time": _whole(clock_time),
        "size": _whole(size_of),
        "moment": _moment,
        "day_and_time": _whole(day_and_time),
        "held": held,
    }
    # Every line of a list bears the same few marks: each is made once.
    marks = made.get_template("ui/_marks.html").module
    for name in ("urgency", "secrecy", "state", "files", "overdue"):
        setattr(marks, name, cache(getattr(marks, name)))
    return made


def qr(text: str) -> str:
    """A QR code as the address of a picture; a quarter of it may be dirty."""
    import segno

    return str(segno.make(text, error="q", micro=False).svg_data_uri(border=0))


def html(template: str, **context: Any) -> str:
    made = screens() if template.startswith("ui/") else environment()
    return made.get_template(template).render(**context)
