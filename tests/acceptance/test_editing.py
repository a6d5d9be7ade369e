"""An administrator's hour: files are checked, completed by an editor, tested, previewed, applied, explained, reported, filled in."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree

import jsonschema
import openpyxl
import pytest
from docx import Document
from junitparser import JUnitXml
from support import small
from support.command import Monitor
from support.process import serve

from monitor.cli.schema import KINDS, _patterns, schema_of
from monitor.preview import edits
from monitor.syntax.document import parse
from monitor.workspace import defaults, lay_out, load

TESTS = """\
tests:
  - name: insurance falls away
    figures:
      bhyt: {"2024": [94.0, 94.1, 94.2, 93.0, 92.5, 92.0]}
    expect:
      - as_of: 2024-06-30
        status: {bhyt: off_track}
        alerts: {bhyt: [off-track high, at-risk, worsening]}
"""


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    return Monitor(small.lay_out(tmp_path / "w"), {"MONITOR_LANG": "en"})


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the figures of half a year, and a first version in force."""
    filled = Monitor(small.lay_out(tmp_path_factory.mktemp("half-a-year") / "w"), {"MONITOR_LANG": "en"})
    filled.run("run", "--as-of", "2024-06-30")
    filled.run("apply", "--by", "an", "--why", "the beginning")
    return filled.workspace


@pytest.fixture
def filled(half_a_year: Path, tmp_path: Path) -> Monitor:
    """A copy of it, of the test's own."""
    return Monitor(copytree(half_a_year, tmp_path / "w"), {"MONITOR_LANG": "en"})


def rewrite(monitor: Monitor, file: str, old: str, new: str) -> None:
    path = monitor.workspace / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_tests(monitor: Monitor, text: str) -> None:
    folder = monitor.workspace / "rules" / "nq" / "tests"
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(text, encoding="utf-8")


# Rule tests


def test_a_rule_test_that_holds_passes_and_tells_what_no_test_has_made_fire(monitor: Monitor) -> None:
    write_tests(monitor, TESTS)
    told = monitor.json("test")
    assert [t["differences"] for t in told["tests"]] == [[]]
    uncovered = {rule["rule"] for rule in told["uncovered"]}
    assert "missed" in uncovered
    assert "off-track" not in uncovered


def test_a_rule_test_that_differs_says_how_and_exits_1(monitor: Monitor, tmp_path: Path) -> None:
    write_tests(
        monitor,
        TESTS.replace("bhyt: off_track", "bhyt: met").replace(
            "off-track high, at-risk, worsening", "at-risk info, overdue"
        ),
    )
    said = monitor.run("test", "--junit", str(tmp_path / "j.xml"), expect=1).stdout
    assert "status expected met, found off_track (value 92" in said
    assert "alert overdue expected, and it is not open" in said
    assert "alert off-track (high) is open, and not expected" in said
    assert "alert at-risk expected info, found warning" in said
    written = JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert (written.tests, written.failures) == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      bhyt: {", "      bhty: {", 'a.yaml:4:7  series "bhty" is not known. Did you mean "bhyt"?'),
        ("off-track high", "of-track high", 'rule "of-track" is not known. Did you mean "off-track"?'),
        ("off-track high", "off-track hihg", 'Did you mean "high"?'),
        ("bhyt: off_track", "bhyt: of_track", 'Did you mean "off_track"?'),
        ("as_of: 2024-06-30", "as_of: 2023-06-30", "before the period that the resolution binds"),
        ('"2024": [', "2024-13: [", 'period "2024-13" is not a month'),
        ("expect:", "expects:", "Did you mean"),
    ],
)
def test_a_mistake_in_a_rule_test_is_told_with_its_place(monitor: Monitor, old: str, new: str, said: str) -> None:
    write_tests(monitor, TESTS.replace(old, new))
    assert said in monitor.run("test", expect=2).stderr
    assert said in monitor.run("check", expect=1).stderr


def test_the_shipped_rules_pass_their_tests_and_every_one_of_them_fires(tmp_path: Path) -> None:
    lay_out(tmp_path / "w")
    told = Monitor(tmp_path / "w").json("test")
    assert [t for t in told["tests"] if t["differences"]] == []
    assert told["uncovered"] == []


# Checking


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("path: so-lieu.csv", "path: so-lieux.csv", "feeds/so-lieux.csv  no file is there for the feed so-lieu"),
        ("value: {row: value}", "value: {row: valeu}", 'so-lieu.csv:1  column "valeu" is not in the heading'),
        ("header: target", "header: targte", 'so-lieu.csv  no heading "targte" anywhere in the file'),
        ("numbers: en", "targets: {bhtn: bhyt}\nnumbers: en", ""),
    ],
)
def test_a_wrong_path_or_column_is_found_by_check_when_it_reads_the_feeds(
    monitor: Monitor, old: str, new: str, said: str
) -> None:
    rewrite(monitor, "feeds/so-lieu.yaml", old, new)
    assert monitor.run("check").returncode == 0
    done = monitor.run("check", "--feeds", expect=1 if said else 0)
    assert done.stderr.count(said or "never") == bool(said)


ODD = """
rules:
  - {id: never, when: value > 12 and value < 3, severity: warning, message: x}
  - {id: always, when: probability >= 0, severity: warning, message: x}
  - {id: loose, for_each: {target: bhyt}, when: value < 80, severity: warning, message: x}
  - {id: same, for_each: {target: bhyt}, when: 'not (status != "off_track")', severity: warning, message: x}
"""


def test_what_is_legal_but_odd_is_a_warning_with_its_place(monitor: Monitor) -> None:
    (monitor.workspace / "rules" / "nq" / "odd.yaml").write_text(ODD, encoding="utf-8")
    rewrite(monitor, "feeds/so-lieu.csv", "tiem-chung,", "khac,")
    rewrite(monitor, "alerts/addresses.yaml", "an:", "khac:")
    disbursed = '  - {id: giai-ngan, name: Giải ngân, printed: "100%", target: ">= 100", measure: milestone, unit_of_measure: "%"}'
    with (monitor.workspace / "rules" / "nq" / "01-y-te.yaml").open("a", encoding="utf-8") as file:
        file.write(disbursed + "\n")
        file.write(
            '  - {id: lao-dong, name: Lao động, printed: 20 người, target: ">= 20", measure: flow, unit_of_measure: người}\n'
        )
    told = monitor.json("check")
    assert {problem["severity"] for problem in told} == {"warning"}
    messages = {(problem["file"], problem["line"]): problem["message"] for problem in reversed(told)}
    found = {(problem["file"], problem["line"]): problem["message"] for problem in told}
    assert found["rules/nq/odd.yaml", 3] == "this condition can never hold"
    assert found["rules/nq/odd.yaml", 4] == "this condition always holds, whatever the figures are"
    assert found["rules/nq/odd.yaml", 5].startswith("the threshold value < 80 is looser than the target >= 95")
    assert found["rules/nq/odd.yaml", 6].startswith('rule "same" says the same as "off-track"')
    assert found["rules/nq/01-y-te.yaml", 6] == (
        'no feed has a figure of the target "tiem-chung"; 12 figures of the feeds cannot be used, perhaps these: '
        "monitor check --feeds tells why"
    )
    assert found["alerts/routes.yaml", 3] == 'nobody receives the route "hdnd": none of its recipients has an address'
    milestones = [
        problem["message"]
        for problem in told
        if "giai-ngan" in problem["message"] and "milestone" in problem["message"]
    ]
    assert len(milestones) == 1
    assert messages["rules/nq/01-y-te.yaml", 9].startswith(
        'target "lao-dong" counts người, and half a one would be told'
    )
    # The two targets have no figures either.
    assert len(told) == 10
    assert monitor.run("check", "--strict", expect=1).stderr.count("warning: ") == 10


@pytest.mark.parametrize(
    ("printed", "target", "told"),
    [("100,5", ">= 100.5", True), ("100", ">= 100", False), ("99,5-101", "99.5 .. 101", True)],
)
def test_a_figure_finer_than_what_is_held_against_it_is_a_warning(
    monitor: Monitor, printed: str, target: str, told: bool
) -> None:
    with (monitor.workspace / "rules" / "nq" / "01-y-te.yaml").open("a", encoding="utf-8") as file:
        file.write(f'  - {{id: thu, name: Thu, printed: "{printed} tỷ đồng", target: "{target}", precision: 0, ')
        file.write("measure: level, unit_of_measure: tỷ đồng}\n")
    messages = [problem["message"] for problem in monitor.json("check")]
    assert any('"thu" has more decimals than its precision (0)' in message for message in messages) == told


def test_a_figure_that_cannot_be_read_is_its_feeds_fault_and_not_its_targets(monitor: Monitor) -> None:
    rewrite(monitor, "feeds/so-lieu.csv", "tiem-chung,2024", "tiem-chung,2O24")
    assert monitor.json("check") == []
    told = [problem["message"] for problem in monitor.json("check", "--feeds")]
    assert all('period "2O24' in message for message in told)
    assert told


def test_the_shipped_workspace_has_nothing_odd(tmp_path: Path) -> None:
    lay_out(tmp_path / "w")
    assert Monitor(tmp_path / "w").json("check") == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_file_fits_the_schema_of_its_kind(kind: str) -> None:
    validator = jsonschema.Draft7Validator(schema_of(kind))
    jsonschema.Draft7Validator.check_schema(validator.schema)
    for pattern in _patterns(kind):
        for path in defaults().glob(pattern):
            assert list(validator.iter_errors(parse(path.name, path.read_bytes()).data)) == [], path


def test_a_schema_finds_what_check_finds(monitor: Monitor) -> None:
    validator = jsonschema.Draft7Validator(
        monitor.json("schema", "rules", expect=None) if False else schema_of("rules")
    )
    wrong = small.TARGETS.replace('">= 95"', '"=< 95"').replace("measure: level", "measuer: level", 1)
    said = " ".join(error.message for error in validator.iter_errors(parse("x", wrong.encode()).data))
    assert "=< 95" in said
    assert "measuer" in said


def test_schemas_are_written_with_an_editors_settings(monitor: Monitor) -> None:
    monitor.run("schema", "--out", "schemas")
    settings = json.loads((monitor.workspace / "schemas" / "vscode-settings.json").read_text(encoding="utf-8"))
    for name in settings["yaml.schemas"]:
        assert (monitor.workspace / name).is_file()
    assert json.loads(monitor.run("schema", "feed").stdout)["$schema"].startswith("http://json-schema.org/draft-07")


# Preview


def test_a_plan_against_an_empty_history_says_so(monitor: Monitor) -> None:
    said = monitor.run("plan").stdout
    assert "No version is in force in this database yet" in said
    assert "The database has no figures" in said


def test_a_plan_shows_what_is_declared_otherwise_and_what_the_alerts_would_have_been(filled: Monitor) -> None:
    assert filled.json("plan", "--as-of", "2024-06-30")["alerts"] == []
    rewrite(filled, "rules/nq/01-y-te.yaml", '95%, target: ">= 95"', '91%, target: ">= 91"')
    rewrite(filled, "rules/nq/01-y-te.yaml", '<9%, target: "< 9"', '<8%, target: "< 8"')
    told = filled.json("plan", "--as-of", "2024-06-30")
    assert [(d["what"], d["id"], d["how"]) for d in told["declarations"]] == [
        ("target", "bhyt", "changed"),
        ("target", "suy-dinh-duong", "changed"),
    ]
    kinds = {(a["kind"], a["target"]) for a in told["alerts"]}
    assert ("gone", "bhyt") in kinds
    assert ("new", "suy-dinh-duong") in kinds
    said = filled.run("plan", "--as-of", "2024-06-30").stdout
    assert "would not have opened" in said
    assert "would be new" in said


INHIBIT = """
inhibit:
  - {about: insurance alone, source: {rule: [off-track]}, muted: {rule: [at-risk, worsening]}, equal: [target, unit]}
routes:"""


@pytest.mark.parametrize(
    ("file", "old", "new", "declared"),
    [
        ("alerts/routes.yaml", "\nroutes:", INHIBIT, ("inhibition", "insurance alone", "added")),
        ("alerts/routes.yaml", "{id: hdnd, ", "{id: hdnd, repeat: 3, ", ("route", "hdnd", "changed")),
        ("alerts/routes.yaml", "group_wait: 10", "group_wait: 20", ("group_wait", "group_wait", "changed")),
        (
            "alerts/calendar.yaml",
            "weekend: [saturday, sunday]",
            "weekend: [sunday]",
            ("calendar", "calendar", "changed"),
        ),
        (
            "alerts/templates/digest.txt.j2",
            "{{ summary }}",
            "! {{ summary }}",
            ("template", "digest.txt.j2", "changed"),
        ),
        ("feeds/so-lieu.yaml", "0 6 21", "0 6 22", ("feed", "so-lieu", "changed")),
        ("rules/policy.yaml", "on_track: 0.35", "on_track: 0.4", ("status", "nq", "changed")),
        ("rules/nq/units.yaml", "name: Phòng Y tế", "name: Sở Y tế", ("unit", "y-te", "changed")),
    ],
)
def test_every_kind_of_declaration_that_is_edited_is_named_with_its_file(
    monitor: Monitor, file: str, old: str, new: str, declared: tuple[str, str, str]
) -> None:
    before = load(monitor.workspace)
    rewrite(monitor, file, old, new)
    (found,) = edits(before, load(monitor.workspace))
    assert (found.what, found.id, found.how) == declared
    assert file.startswith(found.file)


def test_a_plan_shows_of_which_alerts_a_new_inhibition_would_keep_silent(filled: Monitor) -> None:
    rewrite(filled, "alerts/routes.yaml", "\nroutes:", INHIBIT)
    told = filled.json("plan", "--as-of", "2024-06-30")
    assert told["alerts"] == []
    silent = {(t["route"], t["target"], t["rule"]) for t in told["told"] if t["after"] is None}
    assert ("hdnd", "bhyt", "worsening") in silent


def test_edits_wait_for_apply_where_the_workspace_says_so(filled: Monitor) -> None:
    rewrite(filled, "rules/policy.yaml", "\npolicies:", "\nedits: applied\npolicies:")
    filled.run("apply", "--by", "binh", "--why", "from now on by hand")
    with serve(filled, "--out", "letters") as service:
        service.ready()
        before = service.page("healthz")[1]
        assert before is not None
        rewrite(filled, "rules/nq/01-y-te.yaml", '95%, target: ">= 95"', '91%, target: ">= 91"')
        service.until(lambda: (service.page("healthz")[1] or {}).get("edit_waits"), seconds=60)
        assert service.page("healthz")[1]["version"] == before["version"]  # type: ignore[index]
        assert "wait for `monitor apply`" in filled.run("evaluate", "--as-of", "2024-06-30").stderr
        filled.run("apply", "--by", "chi", "--why", "the Council lowered it")
        service.until(lambda: (service.page("healthz")[1] or before)["version"] != before["version"], seconds=60)
        assert service.page("healthz")[1]["edit_waits"] is False  # type: ignore[index]
    told = filled.json("history", "rules")
    assert [line["who"] for line in told] == ["an", "binh", "chi"]
    assert "the Council lowered it" in told[-1]["what"]
    assert told[-1]["about"] == ["bhyt"]


# Explaining


def test_an_alert_explained_when_the_rules_have_changed_gives_the_same_figures(filled: Monitor) -> None:
    alert = next(a["id"] for a in filled.json("alerts", "list") if (a["target"], a["rule"]) == ("bhyt", "off-track"))
    before = filled.json("explain", alert)
    old, new = 'Bảo hiểm y tế, printed: 95%, target: ">= 95"', 'BHYT, printed: 91%, target: ">= 91"'
    rewrite(filled, "rules/nq/01-y-te.yaml", old, new)
    rewrite(filled, "rules/policy.yaml", 'when: status == "off_track"', 'when: status == "off_track" and value < 90')
    after = filled.json("explain", alert)
    assert after == before
    assert after["clause"]["printed"] == "95%"


def test_a_status_is_explained_and_why_there_is_no_alert(filled: Monitor) -> None:
    told = filled.json("explain", "tiem-chung", "--as-of", "2024-06-30")
    assert told["status"] in ("on_track", "met")
    broken = next(rule for rule in told["rules"] if rule["rule"] == "broken")
    assert broken["holds"] is False
    assert broken["why"].startswith("no alert: the rule does not hold, because value < 99")
    open_ = {
        r["rule"]: r["why"] for r in filled.json("explain", "bhyt", "--as-of", "2024-06-30")["rules"] if r["holds"]
    }
    assert open_["off-track"].startswith("its alert is open since")
    assert 'target "bhty" is not known' in filled.run("explain", "bhty@tp", expect=2).stderr


def test_the_history_tells_who_did_what_and_cannot_be_changed(filled: Monitor) -> None:
    alert = next(a["id"] for a in filled.json("alerts", "list", "--state", "open") if a["rule"] == "off-track")
    filled.run("alerts", "ack", alert, "--by", "an", "--note", "being looked into", "--as-of", "2024-07-01")
    filled.run("silence", "add", "--target", "bhyt", "--until", "2099-01-01", "--by", "binh", "--reason", "re-surveyed")
    people = filled.json("history", "--people")
    assert {(line["sort"], line["who"]) for line in people} == {("alerts", "an"), ("rules", "an"), ("silences", "binh")}
    assert any("being looked into" in line["what"] for line in people)
    assert {t for line in filled.json("history", "alerts", "--target", "bhyt") for t in line["about"]} == {"bhyt"}
    with closing(sqlite3.connect(filled.workspace / "monitor.db")) as database:
        for deed in ("UPDATE alert_event SET note = 'x'", "DELETE FROM alert_event"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(deed)


# Reports and forms


@pytest.mark.filterwarnings("ignore:Sparkline Group")  # openpyxl does not know them
def test_the_report_is_a_workbook_with_a_sheet_a_group_and_a_word_document(filled: Monitor) -> None:
    filled.run("report", "--as-of", "2024-06-30", "--lang", "vi")
    book = openpyxl.load_workbook(filled.workspace / "reports" / "nq-2024-06-30.xlsx")
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert [sheet.title for sheet in shown] == ["Tất cả chỉ tiêu", "1. Y tế"]
    rows = {row[1]: row for row in shown[0].iter_rows(min_row=5, values_only=True)}
    assert rows["Bảo hiểm y tế"][3:6] == ("95%", 92.0, pytest.approx(92 / 95))
    assert rows["Bảo hiểm y tế"][11] == "chệch tiến độ"
    assert shown[0].page_setup.paperSize == 9
    document = Document(str(filled.workspace / "reports" / "nq-2024-06-30.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "Trong 3 chỉ tiêu có 2 đạt hoặc đúng tiến độ, 0 có nguy cơ, 1 chệch tiến độ" in text
    assert "1. Chệch tiến độ (1)\n- Bảo hiểm y tế (Phòng Y tế): Thực hiện 92%" in text
    assert [cell.text for cell in document.tables[1].rows[2].cells][3] == "95%"
    assert (round(document.sections[0].page_width.mm), round(document.sections[0].page_height.mm)) == (297, 210)
    assert 'Did you mean "xlsx"?' in filled.run("report", "--out", "x.xls", expect=2).stderr


@pytest.mark.filterwarnings("ignore:Sparkline Group")  # openpyxl does not know them
def test_texts_of_a_report_are_no_formulas(filled: Monitor) -> None:
    rewrite(filled, "rules/nq/01-y-te.yaml", "name: Bảo hiểm y tế", 'name: "=1+1"')
    filled.run("report", "--as-of", "2024-06-30", "--out", "r.xlsx")
    cell = openpyxl.load_workbook(filled.workspace / "r.xlsx").worksheets[1]["B5"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_form_filled_in_and_dropped_in_the_inbox_is_read_with_no_mapping(tmp_path: Path) -> None:
    lay_out(tmp_path / "w")
    monitor = Monitor(tmp_path / "w", {"MONITOR_LANG": "en"})
    monitor.run("ingest", "--as-of", "2024-06-30")
    monitor.run("form", "--owner", "phong-y-te", "--period", "2024-07", "--out", "form.xlsx")
    book = openpyxl.load_workbook(monitor.workspace / "form.xlsx")
    sheet = book.active
    assert sheet is not None
    heads = {str(cell.value): cell.column for cell in sheet[4]}
    beds = next(
        r for r in range(5, sheet.max_row + 1) if sheet.cell(r, heads["Mã chỉ tiêu"]).value == "y-te.giuong-benh"
    )
    assert sheet.cell(beds, heads["Kỳ trước"]).value == pytest.approx(2021, abs=20)
    assert sheet.cell(beds, heads["Số liệu"]).protection.locked is False
    assert sheet.cell(beds, heads["Chỉ tiêu"]).protection.locked is True
    rule = next(v for v in sheet.data_validations.dataValidation if f"G{beds}" in str(v.sqref))
    assert (rule.type, rule.operator) == ("whole", "greaterThanOrEqual")
    sheet.cell(beds, heads["Số liệu"]).value = 2030
    dropped = monitor.workspace / "feeds" / "bieu-mau" / "y-te.xlsx"
    book.save(dropped)
    os.utime(dropped, (0, 0))
    (taken,) = monitor.json("ingest", "--feed", "bieu-mau", "--as-of", "2024-07-25")
    # The sample's own figure of July is known by now: the form corrects it.
    assert (taken["added"], taken["revised"]) == (0, 1)
    (row,) = monitor.json("status", "--target", "y-te.giuong-benh", "--as-of", "2024-07-31")
    assert (row["period"], row["value"]) == ("2024-07", 2030)
    assert (
        "reports nothing for 2031-07"
        in monitor.run("form", "--owner", "phong-y-te", "--period", "2031-07", expect=2).stderr
    )
    assert (
        'Did you mean "phong-y-te"?'
        in monitor.run("form", "--owner", "phong-yte", "--period", "2024-07", expect=2).stderr
    )
