"""What the ways into the API share: who asks, and answers page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from monitor.acts import people
from monitor.desk import Desk
from monitor.model.act import Actor, Door

MOST_PAGE = 500
_bearer = HTTPBearer(auto_error=False, description="A token of `monitor person token`")

AsOf = Annotated[date | None, Query(description="As it was known on that day (default: today)")]
Name = Annotated[str, Query(max_length=100)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=MOST_PAGE)]


def _actor(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Actor:
    """Who holds the token. Raises HTTPException (401)."""
    desk: Desk = request.app.state.desk
    found = people.came_in(desk.engine, given.credentials[:200], desk.clock(), Door.API) if given is not None else None
    if found is None:
        raise HTTPException(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    return found[0]


Caller = Annotated[Actor, Depends(_actor)]


def paged(found: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """One page of what was found, how much there is, and which page is next."""
    first = (page - 1) * size
    after = page + 1 if first + size < len(found) else None
    return {"items": list(found[first : first + size]), "total": len(found), "page": page, "next": after}


def leads_to(**links: tuple[str, str, str]) -> dict[int | str, dict[str, Any]]:
    """What a list's first item opens, as OpenAPI says it: name -> (operation, its parameter, the item's key)."""
    said = {
        name: {"operationId": operation, "parameters": {parameter: f"$response.body#/items/0/{key}"}}
        for name, (operation, parameter, key) in links.items()
    }
    return {200: {"links": said}}
