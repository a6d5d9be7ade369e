"""A draft as the files of `rules/<resolution>/`, each guess told in a comment above what was guessed; and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from itertools import groupby
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from monitor.derive.draft import Draft, Drafted, slug
from monitor.derive.guess import SURE
from monitor.language import Language
from monitor.model.comparator import Comparator
from monitor.model.target import Target
from monitor.model.unit import Unit

REPORT = "report.html"


def files(
    draft: Draft,
    document: str,
    language: Language,
    units: Sequence[Unit] = (),
    before: Mapping[str, Target] | None = None,
) -> dict[str, str]:
    """Name -> text of every file of the draft: declarations, and the report that shows the document beside them. `units`,
    `before`: those of an earlier resolution, and by id the targets that were taken from it.
    """
    head = language.say(
        "Drafted by `monitor derive` from {document}. Lines with (!) are for a person to decide.", document=document
    )
    made = {"resolution.yaml": _resolution(draft, head, language), "units.yaml": _units(draft, head, units)}
    figures = [target for target in draft.targets if not target.task]
    for n, (group, name) in enumerate(((g, n) for g, n in draft.groups.items() if g != "nhiem-vu"), start=1):
        members = [target for target in figures if target.group == group]
        if members:
            made[f"{n:02}-{group}.yaml"] = _targets(group, name, members, head, language, before or {})
    found = [target for target in draft.targets if target.task]
    if found:
        made["tasks.yaml"] = _targets("nhiem-vu", draft.groups["nhiem-vu"], found, head, language, before or {})
    rules = list(_consistency(figures))
    if rules:
        made["consistency.yaml"] = f"# {head}\n" + _yaml({"rules": rules})
    made[REPORT] = report(draft, document, language)
    return made


def _resolution(draft: Draft, head: str, language: Language) -> str:
    outline = draft.outline
    doubts = "".join(f"# (!) {language.say(doubt)}\n" for doubt in outline.doubts)
    period = outline.period
    return f"# {head}\n{doubts}" + _yaml(
        {
            "id": draft.identifier,
            "number": outline.number or "?",
            "title": outline.title,
            "body": outline.body,
            # What was not found is no date: the check of the draft tells where a person must write one.
            "adopted": _day(outline.adopted or _eve(period)),
            "period": {"start": _day(period and period[0]), "end": _day(period and period[1])},
        }
    )


def _day(day: date | None) -> str:
    return "?" if day is None else day.isoformat()


def _eve(period: tuple[date, date] | None) -> date | None:
    """The month in which the plan of a year is adopted."""
    return None if period is None else date(period[0].year - 1, 12, 1)


def _units(draft: Draft, head: str, before: Sequence[Unit]) -> str:
    place = draft.place_name
    owners = {target.owner.id: target.owner for target in draft.targets}
    if before:
        known = [unit.model_dump(mode="json", exclude_defaults=True) for unit in before]
        new = [o for o in owners.values() if o.id not in {unit.id for unit in before}]
        named = [
            {"id": o.id, "name": o.province if draft.provincial else o.district, "kind": "department"} for o in new
        ]
        return f"# {head}\n" + _yaml({"units": [*known, *named]})
    units: list[dict[str, Any]] = [
        {
            "id": re.sub(r"^thanh-pho-", "tp-", slug(place, 6)) or "dia-phuong",
            "name": place[:1].upper() + place[1:],
            "kind": "city",
        }
    ]
    for owner in owners.values():
        name = owner.province if draft.provincial else owner.district
        units.append({"id": owner.id, "name": name, "kind": "department"})
    return f"# {head}\n" + _yaml({"units": units})


def _targets(
    group: str, name: str, members: list[Drafted], head: str, language: Language, before: Mapping[str, Target]
) -> str:
    common = {
        "article": members[0].article,
        "item": members[0].item,
        "owner": members[0].owner.id,
        "frequency": "month",
    }
    lines = [
        f"# {head}",
        _yaml({"group": group, "name": name, **({"task": True} if members[0].task else {}), "defaults": common})
        + "targets:",
    ]
    for target in members:
        lines += [f"  # {line}" for line in _comments(target, language)]
        entry = _entry(target, common) | _decided(before.get(target.id))
        body = _yaml(entry).rstrip().splitlines()
        lines += [f"  - {body[0]}", *(f"    {line}" for line in body[1:])]
    return "\n".join(lines) + "\n"


def _decided(before: Target | None) -> dict[str, Any]:
    """What the text of a resolution never says, as it was decided before."""
    if before is None:
        return {}
    fields = {"breakdown", "execution", "domain", "policies", "frequency", "of"}
    return before.model_dump(mode="json", include=fields, exclude_defaults=True)


def _comments(target: Drafted, language: Language) -> Iterator[str]:
    yield language.say("confidence {share}", share=language.percent(target.confidence))
    yield from (f"(!) {language.say(said.message, **said.values)}" for said in target.doubts)
    for made in target.guesses:
        if made.field == "due" and made.value == "year-end" and made.confidence >= SURE:
            continue
        mark = "" if made.confidence >= SURE else "(!) "
        yield f"{mark}{made.field}: {language.say(made.reason.message, **made.reason.values)}"


def _entry(target: Drafted, common: dict[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": target.id, "name": target.name}
    entry |= {
        key: value
        for key, value in (("article", target.article), ("item", target.item), ("owner", target.owner.id))
        if value != common[key]
    }
    held = target.held
    entry |= {
        "printed": target.printed,
        "target": f"{_plain(held.value)} .. {_plain(held.upper)}"
        if held.comparator is Comparator.RANGE and held.upper is not None
        else f"{held.comparator} {_plain(held.value)}",
        "unit_of_measure": target.unit,
        "measure": target.measure,
    }
    if target.of:
        entry["of"] = target.of
    if target.strive is not None:
        entry["strive"] = f"{target.strive.held.comparator} {_plain(target.strive.held.value)}"
    if target.due != "year-end":
        entry["due"] = target.due
    if target.parent:
        entry["parent"] = target.parent
    if target.baseline is not None:
        entry["baseline"] = target.baseline
    if target.unit == "%" and held.value > 100:
        entry["domain"] = [0, max(200.0, 2 * held.value)]
    if target.whole_numbers:
        entry["whole_numbers"] = True
    return entry


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _consistency(targets: list[Drafted]) -> Iterator[dict[str, Any]]:
    """What the document's own figures satisfy: parts that add up to their whole, parts that are no more than it."""
    by_id = {target.id: target for target in targets}
    parts = sorted((t for t in targets if t.parent in by_id), key=lambda t: str(t.parent))
    for parent, group in groupby(parts, key=lambda t: str(t.parent)):
        whole, members = by_id[parent], list(group)
        same = [t for t in members if t.unit == whole.unit or (t.whole_numbers and whole.whole_numbers)]
        if not same or any(t.held.upper is not None for t in (whole, *same)):
            continue
        total = sum(t.held.value for t in same)
        if len(same) > 1 and len(same) == len(members) and abs(total - whole.held.value) < 1e-6:
            names = {"total": whole.id, **{f"part{n}": t.id for n, t in enumerate(same, start=1)}}
            less = " - ".join(f"{alias}.value" for alias in names if alias != "total")
            tolerance = 2 if whole.whole_numbers else 0.05
            said = " + ".join(f"{{{{ {alias}.value | number('') }}}}" for alias in names if alias != "total")
            yield _rule(
                "khop",
                whole,
                " + ".join(t.printed for t in same) + f" = {whole.printed}",
                names,
                f"abs(total.value - {less}) > {tolerance}",
                f"{{{{ target.name }}}}: số không khớp, {said} khác {{{{ total.value | number('') }}}}",
                f"{{{{ target.name }}}}: figures disagree, {said} is not {{{{ total.value | number('') }}}}",
            )
            continue
        for part in same:
            if part.held.value <= whole.held.value and "tăng" not in part.name.lower():
                yield _rule(
                    "phan",
                    part,
                    "phần không lớn hơn tổng",
                    {"part": part.id, "whole": whole.id},
                    "part.value > whole.value",
                    "{{ target.name }}: {{ part.value | number }} lớn hơn tổng {{ whole.value | number }}",
                    "{{ target.name }}: {{ part.value | number }} exceeds its whole {{ whole.value | number }}",
                )


def _rule(kind: str, target: Drafted, about: str, match: dict[str, str], when: str, vi: str, en: str) -> dict[str, Any]:
    return {
        "id": f"{kind}-{target.id.replace('.', '-')}",
        "about": about,
        "match": match,
        "when": when,
        "holds_for_targets": True,
        "severity": "warning",
        "message": {"vi": vi, "en": en},
    }


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1000)


def report(draft: Draft, document: str, language: Language) -> str:
    """A page: each passage with its figures marked, beside what was made of each."""
    environment = Environment(autoescape=select_autoescape(default=True), undefined=StrictUndefined)
    template = environment.from_string(
        resources.files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    )
    rows = []
    for place, text in draft.passages.items():
        made = [target for target in draft.targets if target.place == place]
        left = [number for number in draft.unread if number.place == place]
        if made or left:
            rows.append({"place": place, "text": _marked(text, made, left), "targets": made, "unread": left})
    page: str = template.render(
        draft=draft, document=document, rows=rows, counts=draft.counts, say=language.say, language=language, SURE=SURE
    )
    return page


def _marked(text: str, made: Iterable[Drafted], left: Iterable[Any]) -> Markup:
    spans = [(t.start, t.end, "read") for t in made]
    spans += [(t.strive.start, t.strive.end, "read") for t in made if t.strive is not None]
    spans = sorted(spans + [(u.start, u.end, "unread") for u in left if u.end])
    parts, reached = [], 0
    for start, end, kind in spans:
        if start < reached:
            continue
        parts += [escape(text[reached:start]), Markup('<mark class="{}">{}</mark>').format(kind, text[start:end])]
        reached = end
    return Markup("").join([*parts, escape(text[reached:])])
