"""Who vouches for people, where they sign in by OpenID Connect, as the environment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from monitor.model.problem import Problem, Problems

ISSUER, CLIENT = "MONITOR_OPENID_ISSUER", "MONITOR_OPENID_CLIENT"
SECRET, CLAIM = "MONITOR_OPENID_SECRET", "MONITOR_OPENID_CLAIM"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches. `claim`: of what they say, the one that is the login here."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str

    @property
    def described_at(self) -> str:
        """Where it describes itself."""
        return f"{self.issuer}/.well-known/openid-configuration"


def provider(environment: Mapping[str, str]) -> Provider | None:
    """The provider that the environment names, None where it names none. Raises Problems for half of one, or one in the open."""
    given = {name: environment.get(name, "").strip() for name in (ISSUER, CLIENT, SECRET)}
    if not any(given.values()):
        return None
    problems = [
        Problem(
            name, "a setting for signing in by OpenID Connect is missing. All are: {names}", {"names": ", ".join(given)}
        )
        for name, value in given.items()
        if not value
    ]
    address = urlsplit(given[ISSUER])
    if given[ISSUER] and not (
        address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
    ):
        message = '"{found}" is not the address of a provider such as {form}'
        problems.append(Problem(ISSUER, message, {"found": given[ISSUER], "form": "https://id.example.vn/realms/tinh"}))
    if problems:
        raise Problems(problems)
    claim = environment.get(CLAIM, "").strip() or "preferred_username"
    return Provider(given[ISSUER].rstrip("/"), given[CLIENT], given[SECRET], claim)
