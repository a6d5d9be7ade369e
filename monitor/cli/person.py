"""`monitor person`: the accounts of the page and the API."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from typing import Annotated

import typer

from monitor.acts import people
from monitor.cli.frame import (
    HERE,
    ByOption,
    Form,
    FormatOption,
    Where,
    actor,
    moment,
    one_of,
    open_store,
    options,
    output,
    placed,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.person import Grant, Person, Role
from monitor.store import people as stored

LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="By which they sign in.")]

commands = typer.Typer(
    help="Who may come in by the page and the API, and as what: add, list, remove, token.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="person")


@commands.command()
@options
def add(
    login: LoginArgument,
    role: Annotated[list[Role], typer.Option("--role", help="What they are; may be given again.")],
    name: Annotated[str | None, typer.Option("--name", help="As others read it (default: the login).")] = None,
    resolution: Annotated[
        list[str] | None, typer.Option("--resolution", help="Only over this one; may be given again.")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="Only over this unit; may be given again.")] = None,
    owner: Annotated[
        list[str] | None, typer.Option("--owner", help="Only over what this owner answers for; may be given again.")
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from standard input; else one is made, and shown."),
    ] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by OpenID Connect; the login is what the provider says.")
    ] = False,
    by: ByOption = None,
    where: Where = HERE,
) -> None:
    """Add a person, or change one: roles, and over what. The first administrator is added so."""
    read = read_workspace(where.workspace)
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    password = given or ("" if no_password else secrets.token_urlsafe(12))
    grants = tuple(Grant(each, tuple(resolution or ()), tuple(unit or ()), tuple(owner or ())) for each in role)
    places = {key: f"--{key}" for key in ("name", "role", "resolution", "unit", "owner")}
    with placed(login="LOGIN", password="--password-stdin", **places):  # noqa: S106 - the option's name
        made = Person(login, name or login, "", grants)
        people.enrol(read, open_store(read, where.database), actor(by), made, password, moment(None))
    output.print(say("{login} can come in as {roles}.", login=login, roles=", ".join(r.value for r in role)))
    if password and not given:
        output.print(say("Password, shown this once: {password}", password=password), markup=False)


@commands.command("list")
@options
def list_(
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the accounts."""
    with open_store(read_workspace(where.workspace), where.database).connect() as connection:
        found = list(stored.people(connection).values())
    if form is Form.JSON:
        print_json([_plain(person) for person in found])
        return
    heads = [say(h) for h in ("Login", "Name", "Role", "Over", "State")]
    rows = [
        [p.login, p.name, ", ".join(g.role.value for g in p.grants), _over(p), say("active" if p.active else "removed")]
        for p in found
    ]
    print_table(heads, rows)


@commands.command()
@options
def remove(
    login: LoginArgument,
    by: ByOption = None,
    where: Where = HERE,
) -> None:
    """Remove a person: sessions and tokens end at once; what they did stays in the history."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    with engine.connect() as connection:
        known = stored.people(connection)
    person = known[one_of("login", login, known, "LOGIN")]
    people.enrol(read, engine, actor(by), replace(person, active=False), "", moment(None))
    output.print(say("{login} can come in no more.", login=login))


@commands.command()
@options
def token(
    login: LoginArgument,
    by: ByOption = None,
    where: Where = HERE,
) -> None:
    """Make a token for programs, with the roles of a person; it is shown this once."""
    read = read_workspace(where.workspace)
    with placed(login="LOGIN"):
        made = people.token(open_store(read, where.database), actor(by), login, moment(None))
    sys.stdout.write(made + "\n")


def _over(person: Person) -> str:
    return ", ".join(dict.fromkeys(n for g in person.grants for n in (*g.resolutions, *g.units, *g.owners))) or "–"


def _plain(person: Person) -> dict[str, object]:
    return {
        "login": person.login,
        "name": person.name,
        "roles": [grant.role.value for grant in person.grants],
        "over": _over(person),
        "active": person.active,
    }
