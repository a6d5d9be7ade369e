"""A request for explanation (yêu cầu giải trình): asked of whoever answers for a target, with a day; and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class RequestState(StrEnum):
    """How a request stands on a day."""

    WAITING = "waiting"
    LATE = "late"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. `causes`: ids of the declared list; `because`: in words; `expected`: the value that is now expected, in
    the target's unit of measure (None of what is only done or not), by the day `by`.
    """

    who: str
    day: date
    causes: tuple[str, ...]
    because: str
    remedy: str
    expected: float | None
    by: date


@dataclass(frozen=True, slots=True)
class Request:
    """One question about a series. `owner`: the unit that answers for it; `alert`: the fingerprint of the alert it is about, or
    empty; `escalated`: the day on which its lateness was told of; `answers`: in order, the last one stands.
    """

    number: int
    resolution: str
    target: str
    unit: str
    owner: str
    alert: str
    asked_by: str
    asked: date
    due: date
    question: str
    escalated: date | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def answer(self) -> Answer | None:
        """The one that stands."""
        return self.answers[-1] if self.answers else None

    def state(self, day: date) -> RequestState:
        """How it stands on a day."""
        if self.answers:
            return RequestState.ANSWERED
        return RequestState.LATE if day > self.due else RequestState.WAITING

    def known_on(self, day: date) -> Request:
        """As it was known on a day."""
        return replace(self, answers=tuple(answer for answer in self.answers if answer.day <= day))
