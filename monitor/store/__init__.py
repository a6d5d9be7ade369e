"""What is remembered: SQLAlchemy tables, Alembic migrations, repositories."""
