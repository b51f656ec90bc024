"""Reading: both books at any depth, a school's inbox, the desk; for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.cast import own_area
from bench.house import House
from bench.lines import Line, by_turns
from bench.load import Request

SCALES, ALSO = ("decade",), ("year", "country")
SECONDS = 1
MARK, DEEPEST = 2.0, 1.2


def measure(house: House) -> Iterator[Line]:
    clerk, school = "clerk1", f"s{own_area()}0001"
    pages, programs = dict[str, Request](), dict[str, Request]()
    for book in ("outgoing", "incoming"):
        for depth, cursor in _depths(house, clerk, book).items():
            pages[f"{book} book, {depth}"] = _page(house, clerk, f"/{book}", cursor)
            programs[f"{book} book, {depth} (JSON)"] = _json(house, clerk, f"/{book}", cursor)
    pages["school inbox"] = _page(house, school, "/inbox")
    programs["school inbox (JSON)"] = _json(house, school, "/inbox")
    pages["desk of a group"] = _page(house, clerk, "/")
    pages["desk of a school"] = _page(house, school, "/")
    yield from beside_replay(house, pages)
    yield from beside_replay(house, programs, (8,))


def beside_replay(house: House, pages: dict[str, Request], clients: Sequence[int] = (1, 8)) -> Iterator[Line]:
    """Each page beside its floor, and the deepest of a list beside its first. In the country's database, made
    for books and searches, a desk has next to nothing to count: its figures are stated."""
    told = {"engine": house.engine, "scale": house.scale, "unit": "ms"}
    first: dict[tuple[str, int], list[float]] = {}
    with house.floor([*pages.values()]) as floor:
        for name, request in pages.items():
            house.load([request], 1)  # a database larger than memory is read from the disk the first time
            for many in clients:
                ours, by_hand = by_turns(
                    lambda r=request, n=many: 1000 * n / house.load([r], n, SECONDS).rate,
                    lambda r=request, n=many: 1000 * n / floor([r], n, SECONDS).rate,
                )
                named = f"{name}, {many} client{'s' * (many > 1)}"
                yield Line(
                    named,
                    ours=ours,
                    floor=by_hand,
                    at_most=MARK if house.scale != "country" or "desk" not in name else None,
                    floor_is="bare ASGI, same SQL and bytes",
                    **told,
                )
                if ", first" in name:
                    first[name, many] = ours
                if ", last" in name:
                    yield Line(
                        f"{named}, beside the first", ours=ours,
                        floor=first[name.replace(", last", ", first"), many], at_most=DEEPEST,
                        floor_is="ours, first page", **told,
                    )  # fmt: skip


def _depths(house: House, username: str, book: str) -> dict[str, str | None]:
    """Cursors of the first, the middle and the last whole page of a book."""
    cursors: list[str | None] = [None]
    with house.client(username) as client:
        while (
            cursor := client.get(f"/{book}", params=_asked(cursors[-1], 500))
            .raise_for_status()
            .json()["next"]
        ):
            cursors.append(cursor)
        last = client.get(f"/{book}", params=_asked(cursors[-2], 450)).raise_for_status().json()["next"]
    return {"first": None, "middle": cursors[len(cursors) // 2], "last": last}


def _asked(cursor: str | None, limit: int) -> dict[str, str | int]:
    return {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}


def _page(house: House, username: str, path: str, cursor: str | None = None) -> Request:
    return Request("GET", path if cursor is None else f"{path}?cursor={cursor}", house.cookie(username))


def _json(house: House, username: str, path: str, cursor: str | None = None) -> Request:
    return Request(
        "GET", f"/api/v1{path}" + ("" if cursor is None else f"?cursor={cursor}"), house.key(username)
    )
