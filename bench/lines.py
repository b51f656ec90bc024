"""What was measured, and whether it is as fast as it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any

ROUNDS = 3
TURNS = 7  # of what waits for the disk, which is not as quick each time


@dataclass
class Line:
    """A line of the table: our figures and the floor's, round by round, and the mark for their ratio.

    Without a floor the mark is for the figure itself; without a mark the figure is merely stated."""

    operation: str
    engine: str
    scale: str
    unit: str
    ours: list[float]
    floor: list[float] = field(default_factory=list)
    at_least: float | None = None
    at_most: float | None = None
    floor_is: str = ""

    @property
    def ratios(self) -> list[float]:
        return [ours / floor for ours, floor in zip(self.ours, self.floor, strict=True)] if self.floor else []

    @property
    def judged(self) -> float:
        return median(self.ratios or self.ours)

    @property
    def met(self) -> bool | None:
        if self.at_least is not None:
            return self.judged >= self.at_least
        return self.judged <= self.at_most if self.at_most is not None else None

    def told(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("operation", "engine", "scale", "unit", "floor_is")},
            **{
                name: getattr(self, name)
                for name in ("ours", "floor", "ratios", "at_least", "at_most", "met")
            },
            "median": median(self.ours),
            "floor_median": median(self.floor) if self.floor else None,
            "ratio": median(self.ratios) if self.floor else None,
        }

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> Line:
        return cls(**{each.name: told[each.name] for each in fields(cls)})


def by_turns(*ways: Callable[[], float], rounds: int = ROUNDS) -> list[list[float]]:
    """A B A B …: what disturbs the machine disturbs all alike. The figures of each way, round by round."""
    figures = [[way() for way in ways] for _ in range(rounds)]
    return [list(each) for each in zip(*figures, strict=True)]


def spread(figures: Sequence[float]) -> tuple[float, float]:
    return min(figures), max(figures)
