"""What was found right is not tried again, and whatever is edited after is: a note never lets a mistake pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.command import Monitor

from monitor.language import Language
from monitor.model.problem import Problems
from monitor.workspace import load, snapshot, sound


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for notes of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "monitor" / "sound"


def test_files_found_right_are_known_and_declare_the_same(small_workspace: Path, cache: Path) -> None:
    first = load(small_workspace)
    assert sound.known(first.version)
    assert len(cache.read_text().split()) == 1
    again = load(small_workspace)
    assert again.version == first.version
    assert [d.rules.kept() for d in again.resolutions] == [d.rules.kept() for d in first.resolutions]
    assert [d.rules.version for d in again.resolutions] == [d.rules.version for d in first.resolutions]
    assert (again.feeds, again.alerts) == (first.feeds, first.alerts)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("rules/policy.yaml", "{{ ", "{{ khong_co ~ ", "khong_co"),
        ("rules/policy.yaml", "when: ", "when: khong_co > 1 and ", "khong_co"),
        ("rules/nq/01-y-te.yaml", "printed: 95%", "printed: 59%", ">= 59"),
        ("rules/nq/01-y-te.yaml", 'target: ">= 95"', 'target: ">= 59"', "95"),
        ("feeds/so-lieu.yaml", "unit: {fixed: tp}", "unit: {fixed: tpp}", "tpp"),
        ("alerts/routes.yaml", "upkeep: true", "choose: {rule: [khong-co]}", "khong-co"),
        ("alerts/templates/digest.html.j2", "{{ ", "{{ khong_co ~ ", "khong_co"),
    ],
)
def test_a_mistake_in_what_is_not_tried_again_is_told_when_it_is_new(
    small_workspace: Path, cache: Path, file: str, old: str, new: str, said: str
) -> None:
    load(small_workspace)
    path = small_workspace / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(Problems) as found:
            load(small_workspace)
        assert any(said in problem.render(Language("en")) for problem in found.value.problems)
    assert len(cache.read_text().split()) == 1
    path.write_text(text, encoding="utf-8")
    load(small_workspace)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"abc\n" * 10_000])
def test_notes_that_say_nothing_are_no_notes(small_workspace: Path, cache: Path, content: bytes) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_bytes(content)
    read = load(small_workspace)
    assert sound.known(read.version)
    assert len(cache.read_text().split()) <= sound.MOST


def test_the_last_states_are_known(cache: Path) -> None:
    states = [f"{n:064x}" for n in range(sound.MOST + 5)]
    for state in states:
        assert not sound.known(state)
        sound.note(state)
    assert [sound.known(state) for state in states] == [False] * 5 + [True] * sound.MOST
    assert [file.name for file in cache.parent.iterdir()] == [cache.name]


def test_without_a_place_for_notes_everything_is_tried(
    small_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    read = load(small_workspace)
    assert not sound.known(read.version)
    assert load(small_workspace).version == read.version


@pytest.mark.parametrize("stands", ["folder", "pipe"])
def test_what_stands_in_the_place_of_notes_is_left_alone(small_workspace: Path, cache: Path, stands: str) -> None:
    cache.parent.mkdir(parents=True)
    cache.mkdir() if stands == "folder" else os.mkfifo(cache)
    versions = {load(small_workspace).version for _ in range(3)}
    assert len(versions) == 1
    assert not sound.known(versions.pop())
    assert [each.name for each in cache.parent.iterdir()] == [cache.name]


@pytest.mark.parametrize("name", ["feeds/addresses.yaml", "rules/nq/addresses.yaml"])
def test_only_the_addresses_of_letters_are_no_declaration(small_workspace: Path, name: str) -> None:
    load(small_workspace)
    (small_workspace / "alerts" / "addresses.yaml").write_text("an: an@example.vn\n")
    load(small_workspace)
    assert "alerts/addresses.yaml" not in snapshot(small_workspace)
    path = small_workspace / name
    source = "feeds/so-lieu.yaml" if name.startswith("feeds") else "rules/nq/01-y-te.yaml"
    text = (small_workspace / source).read_text(encoding="utf-8")
    path.write_text(text.replace("fixed: tp", "fixed: tpp").replace("printed: 95%", "printed: 59%"), encoding="utf-8")
    assert name in snapshot(small_workspace)
    with pytest.raises(Problems):
        load(small_workspace)
    path.unlink()
    load(small_workspace)


def test_a_link_to_nowhere_is_told(small_workspace: Path) -> None:
    (small_workspace / "feeds" / "z.yaml").symlink_to("/nowhere/at/all")
    with pytest.raises(Problems) as found:
        load(small_workspace)
    assert any("feeds/z.yaml" in problem.render(Language("en")) for problem in found.value.problems)


def test_other_code_tries_again(small_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = load(small_workspace)
    monkeypatch.setattr(sound, "_code", lambda: "other")
    assert not sound.known(read.version)


def test_a_command_tells_of_an_edit_that_the_one_before_could_not_know(small_workspace: Path, tmp_path: Path) -> None:
    command = Monitor(small_workspace, {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    command.run("status")
    command.run("status")
    file = small_workspace / "rules" / "nq" / "01-y-te.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("printed: 95%", "printed: 59%"), encoding="utf-8")
    for asked in (["status"], ["status"], ["check"], ["run"]):
        done = command.run(*asked, expect=None)
        assert done.returncode in (1, 2)
        assert "59" in done.stdout + done.stderr
