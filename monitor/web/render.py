"""Templates to pages: in the reader's language, everything escaped."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from monitor.acts.permission import may
from monitor.desk import Desk
from monitor.language import LANGUAGES, Language
from monitor.model.act import Deed
from monitor.model.assessment import BESIDE, STATUS_NAMES, Because, Status, reason
from monitor.model.printed import together
from monitor.model.problem import Problem
from monitor.web.guard import Visitor

FOLDER = Path(__file__).parent
LANGUAGE_COOKIE = "monitor_language"
# What stands for a reader in a page that is kept for many: nobody can guess it, so no text of ours holds it.
_WHO, _CSRF = secrets.token_hex(16), secrets.token_hex(16)


@lru_cache(maxsize=len(LANGUAGES))
def environment(code: str) -> Environment:
    """The templates in a language."""
    speaks = Language(code)
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": speaks.day,
        "moment": speaks.moment,
        "month": speaks.month,
        "percent": speaks.percent,
        "number": speaks.number,
        "ratio": speaks.ratio,
    }
    made.globals |= {"say": speaks.say, "language": code, "status_name": status_names(speaks)}
    return made


def status_names(speaks: Language) -> dict[str, str]:
    """Status -> its words."""
    return {status.value: speaks.say(name) for status, name in STATUS_NAMES.items()}


def language_of(request: Request) -> Language:
    """The reader's language: as asked, else as chosen before, else Vietnamese."""
    code = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "vi")
    return Language(code if code in LANGUAGES else "vi")


@dataclass(frozen=True)
class Page:
    """One request for a page, and who made it (None: a stranger)."""

    request: Request
    desk: Desk
    visitor: Visitor | None
    speaks: Language

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A template filled in."""
        who, csrf = (self.visitor.actor.who, self.visitor.csrf) if self.visitor is not None else ("", "")
        return self._answer(self._written(template, who, csrf, values), status)

    def show_once(self, template: str, stamp: tuple[Any, ...], values: Callable[[], dict[str, Any]]) -> HTMLResponse:
        """A template that is the same for all of the same grants who ask for the same: filled in once, as long as the `stamp` of
        what it shows is the same; who looks, and what their forms carry, is put in for each.
        """
        if self.visitor is None:
            return self.show(template, **values())
        actor, query = self.visitor.actor, tuple(sorted(self.request.query_params.multi_items()))
        key = (template, self.speaks.code, self.request.url.path, query, repr(actor.grants), actor.door, stamp)
        text = self.desk.remembered(key, lambda: self._written(template, _WHO, _CSRF, values()))
        return self._answer(text.replace(_WHO, escape(actor.who)).replace(_CSRF, escape(self.visitor.csrf)), 200)

    def stopped(self, status: int, title: str, problems: tuple[Problem, ...] = ()) -> HTMLResponse:
        """A page that says only why there is no other."""
        return self.show("message.html.j2", status, title=title, problems=self.told(problems))

    def _written(self, template: str, who: str, csrf: str, values: Mapping[str, Any]) -> str:
        shown = {
            "path": self.request.url.path,
            "query": dict(self.request.query_params),
            "who": who,
            "csrf": csrf,
            "may": self._may,
            "problems": [],
        }
        return environment(self.speaks.code).get_template(template).render(shown | dict(values))

    def _answer(self, text: str, status: int) -> HTMLResponse:
        response = HTMLResponse(text, status)
        if self.request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, self.speaks.code, max_age=31536000, samesite="lax")
        return response

    def told(self, problems: tuple[Problem, ...]) -> list[dict[str, str]]:
        """Problems as a form shows them: at which of its fields, and what is wrong."""
        return [{"place": p.place(), "field": p.file, "text": p.text(self.speaks)} for p in problems]

    def _may(self, deed: str) -> bool:
        return self.visitor is not None and may(self.visitor.actor, Deed(deed))


def figures_of(fields: Mapping[str, Any], unit: str, *, strict: bool, whole: bool, speaks: Language) -> dict[str, str]:
    """The figures of an assessment as they are printed: what is printed adds up."""
    printed, digits = together(fields, strict=strict, whole=whole)
    finished = fields["status"] in ("met", "missed")

    def figure(name: str) -> str:
        value = printed.get(name, fields.get(name))
        return speaks.number(value if isinstance(value, int | float) else None, unit, digits)

    hidden = "–"
    number = fields.get("trend")
    trend = speaks.difference(number if isinstance(number, int | float) else None, unit)
    beside = BESIDE.get(Because(fields["because"]), "")
    return {
        "status": speaks.say(STATUS_NAMES[Status(fields["status"])]),
        "value": figure("value"),
        "period": speaks.month(str(fields.get("period") or "")),
        "required": figure("required"),
        "last_year": figure("last_year"),
        "projection": hidden if finished else figure("projection"),
        "span": hidden if finished else speaks.interval(printed.get("low"), printed.get("high"), unit, digits),
        "probability": hidden if finished else speaks.percent(_number(fields.get("probability"))),
        "deviation": speaks.difference(printed.get("deviation"), unit, digits),
        "beside": speaks.say(beside) if beside else "",
        "why": reason(speaks, str(fields["method"]), int(fields.get("years") or 0), _number(fields.get("pace")), trend),
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
