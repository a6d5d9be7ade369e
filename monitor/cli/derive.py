"""`monitor derive`: a resolution's text to a draft of its rules."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.frame import Form, FormatOption, LanguageOption, language, output, print_json, print_table, say, told
from monitor.derive.alike import Past, alike
from monitor.derive.draft import Draft, derive
from monitor.derive.write import REPORT, files
from monitor.model.problem import Problem, Problems, reason_of
from monitor.rules.load import declare
from monitor.syntax.document import parse
from monitor.workspace import defaults


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("derive")(derive_)


def derive_(
    document: Annotated[
        Path, typer.Argument(metavar="DOCUMENT", help="The resolution: .docx, .xlsx, .pdf, .html, .txt; .doc, .rtf.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder in which the draft's folder is made, such as rules/.")],
    like: Annotated[
        Path | None,
        typer.Option(
            "--like", help="An earlier resolution's folder: targets that are the same keep their ids, units, decisions."
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", min=1975, max=2200, help="The year that it binds, where the document does not say it."),
    ] = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Draft the rules of a resolution from its text: every figure a target, or listed as not read; guesses are marked."""
    try:
        content = document.read_bytes()
    except OSError as error:
        message = "the file cannot be read: {reason}"
        raise Problems([Problem(str(document), message, {"reason": reason_of(error)})]) from None
    draft = derive(str(document), content, year)
    folder = out / draft.identifier
    if folder.exists():
        message = "there is a folder already: nothing is overwritten. Move it away, or choose another --out"
        raise Problems([Problem(str(folder), message)])
    if like is None:
        made = files(draft, document.name, language())
    else:
        past = _past(like)
        draft, before = alike(draft, past)
        made = files(draft, document.name, language(), past.units, before)
    _write(made, folder)
    if form is Form.JSON:
        print_json(_plain(draft, folder))
        return
    _print(draft, folder)
    _check(made)


def _past(folder: Path) -> Past:
    """An earlier resolution. Raises Problems with what is wrong in its files."""
    policy = parse("rules/policy.yaml", (defaults() / "rules" / "policy.yaml").read_bytes())
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        message = "this folder has no files of a resolution"
        raise Problems([Problem(str(folder), message)])
    declared = declare(policy, {path.name: parse(str(path), path.read_bytes()) for path in paths})
    return Past(declared.targets, declared.units)


def _write(made: dict[str, str], folder: Path) -> None:
    """All of the files, or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".derive-", dir=folder.parent))
    try:
        for name, text in made.items():
            (place / name).write_text(text, encoding="utf-8")
        place.chmod(0o755)
        place.rename(folder)
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _check(made: dict[str, str]) -> None:
    """Tell what `monitor check` would say of the draft."""
    policy = parse("rules/policy.yaml", (defaults() / "rules" / "policy.yaml").read_bytes())
    try:
        declare(policy, {name: parse(name, text.encode()) for name, text in made.items() if name != REPORT})
    except Problems as found:
        output.print(say("The draft does not pass `monitor check` yet:"), style="yellow")
        told(found.problems)


def _print(draft: Draft, folder: Path) -> None:
    heads = [say(h) for h in ("Item", "Target", "Printed", "Held as", "Measure", "Due", "Confidence")]
    rows = [
        [
            t.item,
            f"{t.name}\n{t.id}",
            t.printed,
            f"{t.held} {t.unit}",
            t.measure,
            t.due,
            language().percent(t.confidence),
        ]
        for t in draft.targets
    ]
    outline = draft.outline
    print_table(heads, rows, title=f"{outline.number} - {outline.title}")
    for doubt in outline.doubts:
        output.print(f"(!) {say(doubt)}", style="yellow", markup=False)
    if not any(not target.task for target in draft.targets):
        for number in draft.unread:
            output.print(
                say('not read: "{printed}": {reason}', printed=number.printed, reason=say(number.reason)),
                style="yellow",
                markup=False,
            )
    message = (
        "{targets} targets, {tasks} tasks; {for_a_person} of them for a person to look at; "
        "{unread} numbers are no figures of a target."
    )
    output.print(say(message, **draft.counts), soft_wrap=True)
    output.print(
        say("The draft is in {folder}; {report} shows it beside the document.", folder=folder, report=folder / REPORT),
        soft_wrap=True,
    )


def _plain(draft: Draft, folder: Path) -> dict[str, object]:
    speaks, outline = language(), draft.outline
    return {
        "folder": str(folder),
        "number": outline.number,
        "title": outline.title,
        "body": outline.body,
        "adopted": outline.adopted,
        "year": outline.year,
        "doubts": [speaks.say(doubt) for doubt in outline.doubts],
        "targets": [
            {
                "id": t.id,
                "group": draft.groups[t.group],
                "task": t.task,
                "name": t.name,
                "article": t.article,
                "item": t.item,
                "printed": t.printed,
                "comparator": t.held.comparator.value,
                "value": t.held.value,
                "upper": t.held.upper,
                "unit": t.unit,
                "measure": t.measure,
                "of": t.of,
                "strive": str(t.strive.held) if t.strive is not None else None,
                "due": t.due,
                "owner": t.owner.id,
                "parent": t.parent,
                "baseline": t.baseline,
                "confidence": round(t.confidence, 2),
                "guesses": [
                    {
                        "field": g.field,
                        "value": g.value,
                        "confidence": g.confidence,
                        "reason": speaks.say(g.reason.message, **g.reason.values),
                    }
                    for g in t.guesses
                ],
                "for_a_person": [speaks.say(said.message, **said.values) for said in t.for_a_person],
                "place": t.place,
            }
            for t in draft.targets
        ],
        "not_read": [{"printed": u.printed, "reason": speaks.say(u.reason), "place": u.place} for u in draft.unread],
    }
