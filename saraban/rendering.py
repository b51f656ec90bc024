"""Templates: how facts become what people read. Stored plain, shown Thai."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, MutableMapping
from datetime import date, datetime
from functools import cache, lru_cache, partial
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]

from saraban.acts import ACTS, told
from saraban.levels import SECRECY_WORDS, URGENCY_WORDS, Secrecy, Urgency
from saraban.permissions import ALLOWED, ROLES, Act, Role
from saraban.thai.dates import (
    bangkok_day,
    buddhist_year,
    clock_time,
    days_in_words,
    full_date,
    short_date,
    short_moment,
)
from saraban.thai.digits import to_arabic, to_thai
from saraban.wording import on_paper, unbroken
from saraban.words import (
    BOOKS,
    CAME_BY,
    CHANNELS,
    DELIVERY_STATES,
    FIELDS,
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

HOLDS = "\u00a0"  # a blank at which no line ends
MOMENTS = 10_000  # that are said in words once
KEPT = 500  # of the parts of pages that are made once, whatever is asked for

# `done` is the same word of a line and of a task.
_STATES = {**DELIVERY_STATES, **LINE_STATES, **TASK_STATES}


def size_of(count: int) -> str:
    if count < 1024:
        return f"{count} ไบต์"
    if count < 2**20:
        return f"{count / 1024:.0f} กิโลไบต์"
    return f"{count / 2**20:.1f} เมกะไบต์"


def day_and_time(moment: datetime) -> str:
    """A time that a person set: `15 ก.ค. 2569 16:30 น.`, without seconds that nobody typed."""
    return f"{short_date(moment)} {clock_time(moment)}"


def held(said: str) -> str:
    """A number stays on the line of the word before it, and a time on that of its น.: `เขต 1`."""
    return _BEFORE_NUMBER.sub(HOLDS, said)


_BEFORE_NUMBER = re.compile(r" (?=[0-9]|น\.)")


def _whole(say: Callable[[Any], str]) -> Callable[[Any], str]:
    """What is never torn over two lines."""
    return lambda value: say(value).replace(" ", HOLDS)


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
    if type(value) is Markup:
        return value
    return str(value.__html__()) if hasattr(value, "__html__") else shown(str(value))


# Filters that answer nothing which HTML would take for its own.
PLAIN = {
    "full_date",
    "short_date",
    "moment",
    "day_and_time",
    "time",
    "typed_date",
    "size",
    "urgency",
    "secrecy",
    "state",
}


class Quick(CodeGenerator):
    """Long lists in a third of the time (measured): a loop gathers what it says and says it once, where Jinja
    hands every word through the generators of all templates around it; what is said is looked at where it
    stands, without a function between."""

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("shown, escaped = environment.shown, environment.escaped")

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
            self.write("(" if _is_plain(node) else "(escaped(it) if (kind := (it := ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_post(node, frame, finalize)
        else:
            said = ").__class__) is str else it if kind is Markup else str(it) if kind is int else shown(it))"
            self.write(")" if _is_plain(node) else said)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """What a loop calls `one` is an object; elsewhere a dot may ask a dictionary, too."""
        root = node.node
        while isinstance(root, nodes.Getattr):
            root = root.node
        if isinstance(root, nodes.Name) and root.name == "one":
            self.visit(node.node, frame)
            self.write(f".{node.attr}")
        else:
            super().visit_Getattr(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """A macro or a function of ours: none of them asks for the context."""
        self.visit(node.node, frame)
        self.write("(")
        own, self.stream = self.stream, StringIO()
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        told, self.stream = self.stream.getvalue(), own
        self.write(told.removeprefix(", ") + ")")


def _is_plain(node: nodes.Expr) -> bool:
    """Whether a word is text that needs no escaping, whatever it is made of."""
    if isinstance(node, nodes.CondExpr):
        return node.expr2 is not None and _is_plain(node.expr1) and _is_plain(node.expr2)
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str) and _escape_inner(node.value) == node.value
    return isinstance(node, nodes.Filter) and node.name in PLAIN


class Templates(Environment):
    code_generator_class = Quick
    shown, escaped = staticmethod(shown), staticmethod(_escape_inner)

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
        "arabic_digits": to_arabic,
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
        "may": lambda role, act: role in ALLOWED[Act(act)],
    }
    made.globals |= {
        "static": static,
        "URGENCIES": [(level.word, level.thai) for level in Urgency],
        "SECRECIES": [(level.word, level.thai) for level in Secrecy],
        # Rows bear levels as numbers.
        "URGENCY_WORDS": URGENCY_WORDS,
        "SECRECY_WORDS": SECRECY_WORDS,
        "MOST_URGENT": int(Urgency.MOST_URGENT),
        "OPEN": int(Secrecy.OPEN),
        "CHANNELS": list(CHANNELS.items()),
        "FORMS": list(FORMS.items()),
        "FIELDS": FIELDS,
        "ROLES": [(role.value, thai) for role, thai in ROLES.items()],
    }
    return made


@cache
def screens() -> Environment:
    """The same for pages, where blanks hold a date together; on paper only markup does (`unbroken`)."""
    made = environment().overlay()
    made.filters = made.filters | {
        "full_date": partial(full_date, blank=HOLDS),
        "short_date": _kept(partial(short_date, blank=HOLDS)),
        "time": _kept(partial(clock_time, blank=HOLDS)),
        "size": _whole(size_of),
        "moment": _kept(partial(short_moment, blank=HOLDS)),
        "day_and_time": _whole(day_and_time),
        "held": lru_cache(KEPT)(held),
    }
    # Every line of a list bears the same few marks, every page the same menu and lists to choose from: each
    # is made once.
    marks: Any = made.get_template("ui/_marks.html").module
    for name in ("urgency", "secrecy", "state", "files", "overdue"):
        setattr(marks, name, cache(getattr(marks, name)))
    filters: Any = made.get_template("ui/_filters.html").module
    filters.pick = _picking(filters.pick)
    made.globals["menu"] = _menu(made.get_template("ui/_menu.html").module)
    return made


def _kept(say: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same few days and moments are said in every line, to every school."""
    return lru_cache(MOMENTS)(say)


def _picking(pick: Callable[..., str]) -> Callable[..., str]:
    kept = lru_cache(KEPT)(pick)
    return lambda name, label, options, *chosen, **more: kept(name, label, tuple(options), *chosen, **more)


def _menu(drawn: Any) -> Callable[[Role, str], str]:
    menu = lru_cache(KEPT)(drawn.menu)
    places = {place[0] for _, links in drawn.places for place in links}
    return lambda role, path: menu(role, path if path in places else "")


def qr(text: str) -> str:
    """A QR code as the address of a picture; a quarter of it may be dirty."""
    import segno

    return str(segno.make(text, error="q", micro=False).svg_data_uri(border=0))


def html(template: str, **context: Any) -> str:
    made = screens() if template.startswith("ui/") else environment()
    return made.get_template(template).render(**context)
