"""What the guide says is so: every command, key, screen and picture that it names is there, in both languages."""

from __future__ import annotations

import importlib
import json
import re

import pytest
from babel.messages.pofile import read_po
from support.messages import PACKAGE
from typer import Typer
from typer.testing import CliRunner

from monitor import guide
from monitor.cli import COMMANDS
from monitor.language import LANGUAGES
from monitor.schema import KINDS, schema_of
from monitor.web.app import ROOMS

PAGES = [(topic, code) for topic in guide.TOPICS for code in LANGUAGES]
TEMPLATES = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "web" / "templates").glob("*.j2"))


@pytest.fixture(scope="module")
def program() -> Typer:
    made = Typer(name="monitor")
    for name in COMMANDS:
        importlib.import_module(f"monitor.cli.{name}").register(made)
    return made


def test_every_command_in_it_exists(program: Typer) -> None:
    named = {found for page in PAGES for found in re.findall(r"`monitor ([a-z -]+)`", guide.text(*page))}
    assert len(named) > 15
    asked = {name: CliRunner().invoke(program, [*name.split(), "--help"]).exit_code for name in sorted(named)}
    assert {name for name, code in asked.items() if code} == set()


def test_every_key_in_it_is_one_of_a_file() -> None:
    named = {found for page in PAGES for found in re.findall(r"`([a-z_]+):`", guide.text(*page))}
    known = {key for kind in KINDS for key in re.findall(r'"([a-z_]+)": \{', json.dumps(schema_of(kind)))}
    assert len(named) > 5
    assert named - known == set()


@pytest.mark.parametrize(("topic", "code"), PAGES)
def test_what_is_bold_in_it_stands_on_a_screen(topic: str, code: str) -> None:
    shown = set(re.findall(r'say\("([^"]+)"', TEMPLATES)) | {"Excel", "CSV"}
    with (PACKAGE / "language" / "vi.po").open("rb") as file:
        vietnamese = {str(m.id): str(m.string) for m in read_po(file) if m.id}
    labels = shown if code == "en" else {vietnamese.get(text, text) for text in shown}
    assert sorted(set(re.findall(r"\*\*(.+?)\*\*", guide.text(topic, code))) - labels) == []


def test_its_pictures_are_there_small_and_all_of_them_shown() -> None:
    named = {name for page in PAGES for name in re.findall(r"\]\(/guide/pictures/([a-z-]+\.webp)\)", guide.text(*page))}
    there = {path.name: path.stat().st_size for path in (guide.FOLDER / guide.PICTURES).iterdir()}
    assert named <= there.keys()
    assert max(there.values()) < 120_000


@pytest.mark.parametrize("topic", guide.TOPICS)
def test_both_languages_say_the_same_in_as_many_parts(topic: str) -> None:
    shapes = [re.findall(r"^(#+|!\[|\d+\.|-) ?", guide.text(topic, code), flags=re.M) for code in LANGUAGES]
    assert shapes[0] == shapes[1]


def test_it_is_a_room_of_the_page_and_a_command(program: Typer) -> None:
    assert "monitor.web.pages.guide" in {room.__name__ for room in ROOMS}
    told = CliRunner().invoke(program, ["guide", "operator", "--lang", "en"])
    assert (told.exit_code, "Cells that cannot be used" in told.stdout) == (0, True)
    wrong = CliRunner().invoke(program, ["guide", "operater"])
    assert 'topic "operater"' in str(wrong.exception) or wrong.exit_code != 0
