"""An OpenID Connect provider on loopback, which lets in at once whoever the test says, and can lie."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, HTTPException
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from monitor.web.server import WebServer

CLIENT, SECRET = "monitor", "mot-bi-mat"


@dataclass
class Provider:
    """`claims`: what it says of whoever comes; `key`: that it signs with; `shown`: that it shows as its own."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"preferred_username": "official"})
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    shown: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)


@contextmanager
def provider() -> Iterator[Provider]:
    """It, while the test runs."""
    made = Provider()
    server = WebServer(_application(made), 0)
    made.url = f"http://127.0.0.1:{server.port}"
    try:
        yield made
    finally:
        server.close()


def _application(of: Provider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": of.url, **{name: f"{of.url}/{path}" for name, path in paths.items()}}

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [(of.shown or of.key).as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(
        redirect_uri: str, state: str, nonce: str, code_challenge: str, client_id: str, code_challenge_method: str
    ) -> RedirectResponse:
        if (client_id, code_challenge_method) != (CLIENT, "S256"):
            raise HTTPException(400)
        code = secrets.token_urlsafe()
        of.asked[code] = {"nonce": nonce, "challenge": code_challenge, "redirect_uri": redirect_uri}
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 303)

    @app.post("/token")
    def token(
        code: Annotated[str, Form()], code_verifier: Annotated[str, Form()], redirect_uri: Annotated[str, Form()]
    ) -> dict[str, Any]:
        asked = of.asked.pop(code, None)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        if asked is None or (asked["challenge"], asked["redirect_uri"]) != (hashed, redirect_uri):
            raise HTTPException(400)
        now = int(time.time())
        said = {"iss": of.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, said | of.claims, of.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}

    return app
