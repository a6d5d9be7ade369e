"""The session's report: numbered without a gap, each note once and as a sentence, causes that the figures know of."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from monitor import pipeline, report
from monitor.cli.report import report_of
from monitor.language import Language
from monitor.model.assessment import FINISHED, STATUS_NAMES, Status
from monitor.pipeline import Moment
from monitor.report import Figures, Report
from monitor.store.database import open_database
from monitor.workspace import Workspace


@pytest.fixture(scope="module", params=[date(2024, 6, 30), date(2024, 12, 31)], ids=["June", "December"])
def made(request: pytest.FixtureRequest, shipped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder: Path = tmp_path_factory.mktemp("report")
    engine, moment = open_database(f"sqlite:///{folder / 'm.db'}"), Moment.end_of(request.param)
    for feed in shipped.feeds:
        pipeline.ingest(shipped, engine, feed, pipeline.open_source(shipped, feed, {}), moment, settle=False)
    declared, speaks = shipped.resolutions[0], Language("vi")
    now = pipeline.stand(shipped, engine, declared, request.param)
    engine.dispose()
    return report_of(now, declared.city.id, speaks, synthetic=True)


@pytest.mark.filterwarnings("ignore:Sparkline")
def test_groups_are_numbered_without_a_gap(made: Report) -> None:
    book = load_workbook(io.BytesIO(report.write(made, "xlsx")))
    table = Document(io.BytesIO(report.write(made, "docx"))).tables[1]
    headings = [row.cells[0].text for row in table.rows[1:] if len({id(cell._tc) for cell in row.cells}) == 1]
    numbers = [int(heading.split(".")[0]) for heading in headings]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [int(name.split(".")[0]) for name in book.sheetnames if name[0].isdigit()] == numbers


def test_what_is_behind_is_told_in_sentences_each_once_and_with_its_causes(made: Report) -> None:
    assert made.behind
    for row in made.behind:
        said = [*row.notes, *row.causes]
        assert len(set(said)) == len(said)
        assert all(sentence[0] == sentence[0].upper() and sentence.endswith(".") for sentence in said)
        assert not any(note.startswith(row.target.name) for note in row.notes)
        if row.status not in (*FINISHED, Status.NO_DATA):
            assert any("Căn cứ dự báo" in cause for cause in row.causes)
    paragraphs = [p.text for p in Document(io.BytesIO(report.write(made, "docx"))).paragraphs]
    assert [p for p in paragraphs if re.search(r"\. [a-zđàáảãạ]", p.split(": ", 1)[-1])] == []


def test_what_is_behind_stands_under_the_heading_of_how_it_stands(made: Report) -> None:
    paragraphs = [p.text for p in Document(io.BytesIO(report.write(made, "docx"))).paragraphs]
    told: dict[str, list[str]] = {}
    begin, end = (next(n for n, text in enumerate(paragraphs) if text.startswith(part)) for part in ("III.", "IV."))
    for text in paragraphs[begin + 1 : end]:
        if re.match(r"\d+\. ", text):
            told[text] = []
        else:
            told[list(told)[-1]].append(text)
    names = {status: made.language.say(STATUS_NAMES[status]) for status, _ in made.by_status}
    assert [heading.split(". ")[1] for heading in told] == [
        f"{names[status][:1].upper()}{names[status][1:]} ({len(rows)})" for status, rows in made.by_status
    ]
    for under, (_, rows) in zip(told.values(), made.by_status, strict=True):
        assert [text.split(" (")[0].removeprefix("- ") for text in under] == [
            r.target.name.split(" (")[0] for r in rows
        ]


def test_what_no_rule_speaks_of_says_where_it_stands_and_without_causes_no_heading_promises_them(made: Report) -> None:
    row = made.behind[0]
    of = {"status": "at_risk", "period": "2024-06", "value": 94.0, "required": 94.5, "unit": "tp"}
    silent = report.rows([row.target], Figures({(row.target.id, "tp"): of}, {}, {}, {}), [], "tp", made.language)
    (note,) = silent[0].notes
    assert note.startswith("Thực hiện 94")
    assert silent[0].causes == ()
    told = Document(io.BytesIO(report.write(replace(made, rows=silent), "docx"))).paragraphs
    assert any(p.text == "III. CHỈ TIÊU CHẬM, CÓ NGUY CƠ HOẶC CHƯA CÓ SỐ LIỆU" for p in told)


def test_the_weakest_units_are_those_furthest_behind(made: Report) -> None:
    told = {row.target.id: " ".join(row.causes) for row in made.behind}
    assert "Phường" in told["bao-hiem.bhyt"]


def test_a_ceiling_says_that_it_is_one(made: Report) -> None:
    told = {row.target.id: report.ratio(row, made.language) for row in made.rows}
    assert told["y-te.suy-dinh-duong"].endswith("% mức trần")
    assert told["bao-hiem.bhyt"].endswith("%")


def test_a_finished_figure_has_no_forecast(made: Report) -> None:
    finished = [row for row in made.rows if row.status in FINISHED]
    assert finished
    assert all(row.projection != row.projection and row.probability != row.probability for row in finished)
