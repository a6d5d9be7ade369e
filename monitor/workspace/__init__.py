"""The folder that administrators edit: `rules/`, `feeds/`, `alerts/`, read and validated as one.

A workspace is used whole or not at all: every mistake in every file is told at once, and nothing is applied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import TypeVar

import pandas as pd

from monitor.alerts.declaration import Addresses, Alerts, Names, Templates, read_addresses, read_templates
from monitor.alerts.declaration import declare as declare_alerts
from monitor.feeds.declaration import Feed
from monitor.feeds.declaration import declare as declare_feeds
from monitor.model.period import Calendar
from monitor.model.problem import Problem, Problems, nearest, reason_of, unknown
from monitor.model.resolution import Amendment
from monitor.model.target import Target
from monitor.model.unit import Unit
from monitor.model.unit_of_measure import conversion
from monitor.rules.load import Amending, Declared
from monitor.rules.load import declare as declare_rules
from monitor.rules.plan import Sheet
from monitor.syntax.document import Document, parse
from monitor.workspace import sound
from monitor.workspace.tables import SUFFIXES, read_table

HISTORY_YEARS = 10
FOLDERS = ("rules", "feeds", "alerts")
DECLARATIONS = (
    "rules/*.yaml",
    "rules/*/*.yaml",
    "rules/*/plans/*.csv",
    "rules/*/plans/*.xlsx",
    "feeds/*.yaml",
    "alerts/*.yaml",
    "alerts/templates/*.j2",
)
ADDRESSES = "addresses.yaml"
# Who has which address is no declaration; of that name elsewhere a file is as any other.
_PRIVATE = f"alerts/{ADDRESSES}"
TESTS = "rules/*/tests/*.yaml"
_DECLARING = (".yaml", ".yml", ".j2")
# A workbook is no text: a snapshot holds it as base64.
BINARY = ".xlsx"
T = TypeVar("T")


@dataclass(frozen=True)
class Workspace:
    """What the files declare. `root`: where feeds find their data; `resolutions` in the order of their ids; `files`: path ->
    text of what declares it, and `version`: the hash of that, empty where it cannot be told.
    """

    root: Path
    resolutions: tuple[Declared, ...]
    feeds: tuple[Feed, ...]
    alerts: Alerts
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: str = ""

    def __reduce__(self) -> tuple[Callable[..., Workspace], tuple[object, ...]]:
        """To another process it goes as its files."""
        return load_snapshot, (dict(self.files), self.root)

    @property
    def feeds_folder(self) -> Path:
        """Where feeds look for their files."""
        return self.root / "feeds"

    @property
    def names(self) -> Names:
        """What may be referred to."""
        return _names(list(self.resolutions))

    def calendar(self, feed: Feed) -> Calendar:
        """When a feed's figures close and are due, on the offices' working days."""
        return feed.expects.calendar(self.alerts.calendar.days)

    def spoken_of(self, feed: Feed) -> tuple[dict[str, Target], tuple[Unit, ...]]:
        """The targets and units that a feed's names may mean: of the resolutions it says it is for, or of all."""
        if not feed.resolutions:
            return self.targets, self.units
        own = [declared for declared in self._in_order if declared.resolution.id in feed.resolutions]
        return _targets(own), _units(own)

    def strangers(self, bodies: Set[str]) -> frozenset[str]:
        """The feeds that speak for other bodies alone: what they bring is none of these bodies' figures, whatever its ids."""
        return frozenset(feed.id for feed in self.feeds if (own := self.bodies(feed)) and not own & bodies)

    def bodies(self, feed: Feed) -> frozenset[str]:
        """The bodies that a feed speaks for; empty: any that knows its names."""
        return frozenset(d.resolution.body for d in self.resolutions if d.resolution.id in feed.resolutions)

    def meaning(self, feed: Feed) -> str:
        """What decides how a feed's content is understood: when it differs, the same content says something else."""
        known, reporting = self.spoken_of(feed)
        targets = {t.id: (t.name, t.unit_of_measure) for t in known.values()}
        units = {unit.id: (unit.name, unit.aliases) for unit in reporting}
        said = repr((feed.model_dump_json(), sorted(targets.items()), sorted(units.items())))
        return hashlib.sha256(said.encode()).hexdigest()

    def resolution(self, identifier: str) -> Declared:
        """The resolution of that id. Raises KeyError."""
        return next(declared for declared in self.resolutions if declared.resolution.id == identifier)

    @property
    def targets(self) -> dict[str, Target]:
        """Every target of every resolution; of two of one id, the later resolution's."""
        return _targets(self._in_order)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Every unit of every resolution; of two of one id, the later resolution's."""
        return _units(self._in_order)

    @property
    def _in_order(self) -> list[Declared]:
        return sorted(self.resolutions, key=lambda declared: declared.resolution.period.start)

    def in_force(self, as_of: date) -> tuple[Declared, ...]:
        """The resolutions that have begun to bind by a day; one that is over keeps its outcome."""
        return tuple(declared for declared in self._in_order if declared.resolution.period.start <= as_of)

    @property
    def months(self) -> tuple[pd.Period, pd.Period]:
        """The months that figures may speak of: from HISTORY_YEARS before the first resolution to the end of the last."""
        resolutions = [declared.resolution for declared in self.resolutions]
        return min(r.first for r in resolutions) - 12 * HISTORY_YEARS, max(r.last for r in resolutions)

    def told(self, as_of: date) -> tuple[Declared, ...]:
        """The resolutions that digests speak of: those that have begun, and have not retired."""
        return tuple(d for d in self.in_force(as_of) if as_of <= d.resolution.retires)


def _targets(resolutions: Iterable[Declared]) -> dict[str, Target]:
    return {name: target for declared in resolutions for name, target in declared.targets.items()}


def _units(resolutions: Iterable[Declared]) -> tuple[Unit, ...]:
    return tuple({unit.id: unit for declared in resolutions for unit in declared.units}.values())


def load(root: Path, data: Path | None = None) -> Workspace:
    """Read everything under `root`; feeds find their data there, or in another workspace's folder `data`.

    Raises Problems with all that is wrong.
    """
    signs = _signs(root)
    files = _legible(root)
    tried = bool(files) and sound.known(digest(files))
    read = _load(root, data, tried=tried)
    files = files or snapshot(root)
    if _signs(root) != signs:
        # Saved while they were read: nobody knows which of the two versions this is.
        return _load(root, data) if tried else read
    version = digest(files)
    sound.note(version)
    return replace(read, files=files, version=version)


def _legible(root: Path) -> dict[str, str]:
    """`snapshot`, or nothing where that cannot read all: what is wrong is told with all else that is."""
    try:
        return snapshot(root)
    except Problems:
        return {}


def _signs(root: Path) -> list[tuple[str, int, int, int]]:
    """By what it is seen that a file was saved anew."""
    return [_sign(path) for pattern in DECLARATIONS for path in sorted(root.glob(pattern))]


def _sign(path: Path) -> tuple[str, int, int, int]:
    try:
        of = path.stat()
    except OSError:
        # Taken away since, or a link to nowhere: that it cannot be read is told where it is read.
        return str(path), 0, 0, 0
    return str(path), of.st_mtime_ns, of.st_size, of.st_ino


def _load(root: Path, data: Path | None, *, tried: bool = False) -> Workspace:
    """`tried`: whether it is known that the very same files have nothing wrong in what takes long to try (workspace.sound)."""
    problems: list[Problem] = []

    def attempt(step: Callable[[], T]) -> T | None:
        try:
            return step()
        except Problems as found:
            problems.extend(found.problems)
            return None

    missing = [name for name in FOLDERS if not (root / name).is_dir()]
    if missing:
        message = "this is no workspace: the folder {found} is missing. `monitor init DIR` lays one out"
        raise Problems([Problem(str(root), message, {"found": ", ".join(missing)})])

    def read(paths: list[Path]) -> dict[str, Document]:
        parsed = {path.name: attempt(partial(_document, root, path)) for path in paths}
        return {name: document for name, document in parsed.items() if document is not None}

    problems += _misnamed(root)
    policy = read([root / "rules" / "policy.yaml"]).get("policy.yaml")
    resolutions = []
    folders = sorted(p for p in (root / "rules").iterdir() if p.is_dir())
    amendments = [folder for folder in folders if _amends(folder)]
    known = {folder.name for folder in folders} - {folder.name for folder in amendments}
    amending = [each for folder in amendments if (each := attempt(partial(_amending, root, folder, known))) is not None]
    for folder in (each for each in folders if each.name in known):
        paths = sorted(folder.glob("*.yaml"))
        documents = read(paths)
        tables = attempt(partial(_tables, root, folder))
        complete = len(documents) == len(paths) and policy is not None and tables is not None
        absent = [name for name in ("resolution.yaml", "units.yaml") if not (folder / name).exists()]
        for name in absent:
            place = f"rules/{folder.name}/{name}"
            near = nearest(name, [p.name for p in folder.iterdir()])
            problems.append(Problem(place, "the file is missing. Nearest: {near}", {"near": near or "–"}))
        if {"resolution.yaml", "units.yaml"} <= documents.keys():
            problems += _named_otherwise(folder.name, documents["resolution.yaml"])
            own = [each for each in amending if each.amendment.amends == folder.name]
            checked = documents.pop("policy.yaml", policy)
            declared = attempt(
                partial(declare_rules, checked, documents, tables or (), own, complete=complete, tried=tried)
            )
            if declared is not None:
                resolutions.append(declared)
                problems += () if tried else _not_as_printed(declared, documents)
    if not resolutions and not problems:
        problems.append(Problem("rules", "there is no resolution: each has a folder of its own with a resolution.yaml"))
    problems += _unlike(resolutions)
    # Names are only held against targets and units that could all be read: else one slip would be told many times.
    names = _names(resolutions) if not problems and not tried else None
    feeds_found = read(sorted((root / "feeds").glob("*.yaml")))
    alert_files = read(sorted(p for p in (root / "alerts").glob("*.yaml") if p.name != ADDRESSES))
    by_resolution = {d.resolution.id: (set(d.targets), {unit.id for unit in d.units}) for d in resolutions}
    feeds = attempt(lambda: declare_feeds(feeds_found, by_resolution if names else None))
    templates, unreadable = read_templates(root / "alerts" / "templates")
    alerts = attempt(lambda: declare_alerts(alert_files, templates, names))
    problems += [*unreadable, *(() if tried else _mistaken(templates))]
    if problems or feeds is None or alerts is None:
        raise Problems(problems)
    return Workspace(data or root, tuple(resolutions), feeds, alerts)


def _not_as_printed(declared: Declared, documents: Mapping[str, Document]) -> list[Problem]:
    from monitor.workspace.printed import differences  # noqa: PLC0415 - derive's grammar takes its time to be there

    return list(differences(declared, documents))


def _mistaken(templates: Templates) -> list[Problem]:
    """What is wrong in those that are not as shipped: of these a test holds that they are right, and to compile them, and what
    writes letters, takes its time.
    """
    shipped = dict(_shipped_templates().texts)
    edited = tuple((name, text) for name, text in templates.texts if shipped.get(name) != text)
    if not edited:
        return []
    from monitor.alerts.render import mistakes  # noqa: PLC0415 - as said above

    return mistakes(Templates(edited))


@cache
def _shipped_templates() -> Templates:
    return read_templates(defaults() / "alerts" / "templates")[0]


def _unlike(resolutions: Sequence[Declared]) -> Iterator[Problem]:
    """Targets that go on with an earlier resolution's, and do not measure the same, or find nothing to go on with."""
    for declared in resolutions:
        before = {
            name: target
            for other in resolutions
            if other.resolution.period.start < declared.resolution.period.start
            and other.resolution.body == declared.resolution.body
            for name, target in other.targets.items()
        }
        for target in declared.targets.values():
            earlier = before.get(target.continues or target.id)
            file, _, line = declared.places[target.id].rpartition(":")
            if earlier is None and target.continues is not None:
                said = unknown("target", target.continues, before)
                yield Problem(file, said.message, said.values, int(line), 1)
            elif (
                earlier is not None
                and conversion(earlier.reported.unit_of_measure, target.reported.unit_of_measure) is None
            ):
                message = (
                    'the target goes on with "{found}", which counts in "{other}", and this one counts in "{own}":'
                    " give it another id, or its unit of measure"
                )
                values: dict[str, object] = {
                    "found": earlier.id,
                    "other": earlier.reported.unit_of_measure,
                    "own": target.reported.unit_of_measure,
                }
                yield Problem(file, message, values, int(line), 1)


def _amends(folder: Path) -> bool:
    """Whether a folder holds a document that amends a resolution."""
    try:
        return b"\namends:" in b"\n" + (folder / "resolution.yaml").read_bytes()
    except OSError:
        return False


def _amending(root: Path, folder: Path, known: Set[str]) -> Amending:
    """An amendment of one of the resolutions `known`, and its tables. Raises Problems; so does a file that would not be read."""
    document = _document(root, folder / "resolution.yaml")
    amendment = document.read(Amendment)
    problems = _named_otherwise(folder.name, document)
    if amendment.amends not in known:
        problems.append(document.tell(("amends",), unknown("resolution", amendment.amends, known)))
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "resolution.yaml":
            message = (
                "this file is not read: what amends a resolution changes its figures, by tables in the folder  plans"
            )
            problems.append(Problem(path.relative_to(root).as_posix(), message))
    tables = _tables(root, folder)
    if not tables:
        place = f"rules/{folder.name}/plans"
        problems.append(Problem(place, "there is no table: one says which figures the document changes, a row each"))
    if problems:
        raise Problems(problems)
    return Amending(amendment, tuple(tables))


def _tables(root: Path, folder: Path) -> list[Sheet]:
    """The tables of a resolution's plan, in the order of their names. Raises Problems with all that cannot be read."""
    sheets, problems = [], []
    for path in sorted((folder / "plans").glob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix not in SUFFIXES or not path.is_file():
            message = "this file is not read: a table of a plan is  {names}"
            problems.append(Problem(name, message, {"names": ", ".join(SUFFIXES)}))
            continue
        try:
            sheets += read_table(name, path.read_bytes())
        except Problems as found:
            problems += found.problems
        except OSError as error:
            message = "the file cannot be read: {reason}"
            problems.append(Problem(name, message, {"reason": reason_of(error)}))
    if problems:
        raise Problems(problems)
    return sheets


def _misnamed(root: Path) -> list[Problem]:
    """Files that look like declarations, and would not be read: what they declare would be missing, and nobody told."""
    found = []
    for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*.*") if p.suffix.lower() in _DECLARING):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".yml" or path.suffix != path.suffix.lower():
            found.append(Problem(name, "this file is not read: its name must end in .yaml"))
        elif name != _PRIVATE and not any(path.relative_to(root).match(p) for p in (*DECLARATIONS, TESTS)):
            places = ", ".join((*DECLARATIONS, TESTS))
            found.append(Problem(name, "this file is not read where it stands. These are: {names}", {"names": places}))
        elif not path.is_file():
            found.append(Problem(name, "this is no file"))
    return found


def _named_otherwise(folder: str, resolution: Document) -> list[Problem]:
    """A resolution stands in the folder of its id, so no two have one, and what is beside it is found by it."""
    found = resolution.data.get("id")
    if not isinstance(found, str) or found == folder:
        return []
    message = 'the id is "{found}", and the folder is named "{folder}": they must be the same'
    return [resolution.problem(("id",), message, found=found, folder=folder)]


def snapshot(root: Path) -> dict[str, str]:
    """Path -> text of every file that declares something, as it is now. Raises Problems for those that cannot be read."""
    files, problems = {}, []
    for path in (p for pattern in DECLARATIONS for p in sorted(root.glob(pattern))):
        name = path.relative_to(root).as_posix()
        if name == _PRIVATE:
            continue
        if not path.is_file():
            problems.append(Problem(name, "this is no file"))
            continue
        try:
            files[name] = text_of(path)
        except OSError as error:
            problems.append(Problem(name, "the file cannot be read: {reason}", {"reason": reason_of(error)}))
    if problems:
        raise Problems(problems)
    return files


def text_of(path: Path) -> str:
    """A declaration as a snapshot holds it: whatever its bytes are, they can be written again."""
    content = path.read_bytes()
    return b64encode(content).decode() if path.suffix == BINARY else content.decode("utf-8", errors="surrogateescape")


def bytes_of(path: Path, text: str) -> bytes:
    """The bytes of a declaration that a snapshot holds as `text`. Raises ValueError for a workbook's that are none."""
    return b64decode(text) if path.suffix == BINARY else text.encode("utf-8", errors="surrogateescape")


def declares(path: Path, root: Path) -> bool:
    """Whether a file is one that declares something."""
    within = path.relative_to(root)
    return within.as_posix() != _PRIVATE and any(within.match(pattern) for pattern in DECLARATIONS)


def digest(files: Mapping[str, str]) -> str:
    """The hash of a snapshot, by which a version of the files is known."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def edits_wait(files: Mapping[str, str]) -> bool:
    """Whether a version of the files says that later ones take effect only by `monitor apply`."""
    try:
        policy = parse("rules/policy.yaml", files.get("rules/policy.yaml", "edits: saved").encode())
    except Problems:
        return False
    return bool(policy.data.get("edits") == "applied")


def load_snapshot(files: Mapping[str, str], root: Path) -> Workspace:
    """A workspace as those files declare it; once it is read, it needs no files. Its feeds find their data in `root`."""
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        return load(written(files, Path(folder)), data=root)


def written(files: Mapping[str, str], folder: Path) -> Path:
    """A snapshot as files again, in an empty folder; the folder."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bytes_of(place, text))
    return folder


def addresses(root: Path, given: str | None) -> Addresses:
    """Who has which address: `given` (the content, or the path of a file), else `alerts/addresses.yaml`.

    Raises Problems when they cannot be read.
    """
    if given is not None and given.lstrip().startswith("{"):
        return read_addresses(parse("MONITOR_ADDRESSES", given.encode()))
    path = Path(given) if given else root / "alerts" / ADDRESSES
    try:
        return read_addresses(parse(str(path), path.read_bytes()))
    except FileNotFoundError:
        message = (
            "the file is missing: it says who has which address, a line each, such as  thuong-truc-hdnd: ten@example.vn"
        )
        raise Problems([Problem(str(path), message)]) from None
    except OSError as error:
        message = "the file of addresses cannot be read: {reason}"
        raise Problems([Problem(str(path), message, {"reason": reason_of(error)})]) from None


def lay_out(root: Path) -> None:
    """Copy the default workspace into `root`. Raises Problems when one of its folders is there already."""
    present = [name for name in FOLDERS if (root / name).exists()]
    if present:
        message = "there is a workspace already: {found} would be overwritten"
        raise Problems([Problem(str(root), message, {"found": ", ".join(present)})])
    root.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        with resources.as_file(defaults().joinpath(name)) as source:
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns(ADDRESSES, "__pycache__"))


def defaults() -> Path:
    """The default workspace: inside the installed package, or beside it in a checkout."""
    packaged = Path(str(resources.files(__package__))) / "defaults"
    return packaged if packaged.is_dir() else Path(str(resources.files("monitor"))).parent


def _document(root: Path, path: Path) -> Document:
    name = path.relative_to(root).as_posix()
    if path.exists() and not path.is_file():
        # Told of already, and nothing that one may wait for.
        raise Problems([])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problems([Problem(name, "the file cannot be read: {reason}", {"reason": reason_of(error)})]) from None
    return parse(name, content)


def _names(resolutions: list[Declared]) -> Names:
    """The ids of all targets, groups, units, and the names of all rules."""
    units = {unit.id for declared in resolutions for unit in declared.units}
    return Names(
        resolution={declared.resolution.id for declared in resolutions},
        target={target for declared in resolutions for target in declared.targets},
        group={group for declared in resolutions for group in declared.groups},
        owner=units,
        unit=units,
        rule={rule.rule for declared in resolutions for rule in declared.rules.rules},
    )
