"""PostgreSQL keeps what is left of a unit as it is: figures hardly shrink, and to try takes a millisecond a unit."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Outside of the row, and not compressed: https://www.postgresql.org/docs/current/storage-toast.html."""
    _store("EXTERNAL")


def downgrade() -> None:
    """As PostgreSQL does by itself."""
    _store("EXTENDED")


def _store(how: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE standing_unit ALTER COLUMN figures SET STORAGE {how}")
