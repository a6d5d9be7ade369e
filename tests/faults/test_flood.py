"""Two thousand alerts opened by one feed that brings nothing: a reader gets one letter at once and one digest, not two thousand."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from support import small
from support.mail import post_office
from support.rig import serving

WARDS, TARGETS = 40, 50
POLICY = """\
policies:
  - id: overdue
    when: overdue >= 1
    severity: critical
    wards: critical
    message: {vi: "{{ target.name }} ({{ unit }}) thiếu số liệu", en: "{{ target.name }} ({{ unit }}) is missing"}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = small.lay_out(tmp_path / "w")
    wards = [f"  - {{id: phuong-{n}, name: Phường {n}, kind: ward, weights: {{dan-so: 1}}}}" for n in range(WARDS)]
    (root / "rules" / "nq" / "units.yaml").write_text(small.UNITS + "\n".join(wards) + "\n", encoding="utf-8")
    shape = 'printed: 95%, target: ">= 95", measure: level, unit_of_measure: "%"'
    parts = "breakdown: {units: ward, roll_up: mean, weight: dan-so}"
    rows = [f"  - {{id: ct-{n}, name: Chỉ tiêu {n}, {shape}, {parts}}}" for n in range(TARGETS)]
    head = small.TARGETS.split("  - {")[0]
    (root / "rules" / "nq" / "01-y-te.yaml").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    (root / "rules" / "policy.yaml").write_text(POLICY, encoding="utf-8")
    figures = [f"ct-{t},phuong-{u},2024-01,95" for t in range(TARGETS) for u in range(WARDS)]
    (root / "feeds" / "so-lieu.csv").write_text(
        "target,unit,period,value\n" + "\n".join(figures) + "\n", encoding="utf-8"
    )
    feed = root / "feeds" / "so-lieu.yaml"
    feed.write_text(feed.read_text(encoding="utf-8").replace("{fixed: tp}", "{row: unit}"), encoding="utf-8")
    routes = root / "alerts" / "routes.yaml"
    routes.write_text(
        routes.read_text(encoding="utf-8").replace("25 * *}", "25 * *, immediate: critical}"), encoding="utf-8"
    )
    return root


def test_two_thousand_alerts_are_one_letter_at_once_and_one_digest(root: Path) -> None:
    with post_office() as post, serving(root, "2024-02-24 09:00", post.url) as rig:
        rig.live_until("2024-02-25 12:00")
        with rig.engine.connect() as connection:
            opened = connection.execute(text("SELECT count(*) FROM alert WHERE state = 'open'")).scalar_one()
    assert opened > WARDS * TARGETS
    assert [len(post.about(kind)) for kind in ("urgent", "digest")] == [1, 1], opened
    (digest,) = post.about("digest")
    told = digest.get_body(("plain",)).get_content()
    # All is one department's, for one cause.
    assert "MỚI (1)" in told
    assert f"chưa gửi số liệu của {TARGETS} chỉ tiêu" in told
    assert len(digest.get_body(("plain",)).get_content()) < 100_000
