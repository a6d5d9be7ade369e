"""What is read from a declaration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Declared(BaseModel):
    """Frozen, and no key beyond the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")
