"""What units that are no more, and targets of earlier resolutions, have reported: the history of those that go on with them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

KEY = ["target", "unit", "period"]


def taken_up(observations: pd.DataFrame, continued: Mapping[str, str]) -> pd.DataFrame:
    """`observations` (see assess), those of a target that another one `continued` (earlier -> present id) as the present one's,
    where it has none of its own. Each is still in the unit of measure that it was told in.
    """
    earlier = observations[observations["target"].isin(continued)]
    if earlier.empty:
        return observations
    earlier = earlier.assign(target=earlier["target"].map(dict(continued)))
    rest = observations[~observations["target"].isin(continued)]
    return pd.concat([rest, earlier], ignore_index=True).drop_duplicates(KEY, keep="first")


def carried_on(observations: pd.DataFrame, successions: pd.DataFrame) -> pd.DataFrame:
    """`observations` (see assess) and, for each period that ended before a unit took over, what those before it make together:
    they, and whomever they took over from themselves.

    successions: model.series.Followed.successions. Of a target that is averaged that is the mean of theirs by their weights; of
    any other the sum of their shares. A period counts only when all of them have a figure in one unit of measure and on one
    basis; a unit's own figure stands before it.
    """
    for _, later in successions.groupby("since"):
        observations = _taken_over(observations, later)
    return observations


def _taken_over(observations: pd.DataFrame, successions: pd.DataFrame) -> pd.DataFrame:
    """The same, of units that took over on one day."""
    told = observations.merge(successions, left_on=["target", "unit"], right_on=["target", "before"])
    ends = pd.PeriodIndex(told["period"], freq="M").end_time.to_numpy()
    told = told[ends < pd.to_datetime(told["since"]).to_numpy()]
    told = told.assign(value=told["value"] * told["share"] * told["weight"], unit=told["successor"])
    by = [*KEY, "unit_of_measure", "basis", "parts", "averaged"]
    # The figures of a database have categories of all that there are.
    made = told.groupby(by, as_index=False, observed=True).agg(
        value=("value", "sum"), weight=("weight", "sum"), found=("value", "size")
    )
    made = made[made["found"] == made["parts"]]
    made["value"] /= made["weight"].where(made["averaged"], 1.0)
    own = pd.MultiIndex.from_frame(observations[KEY])
    made = made[~pd.MultiIndex.from_frame(made[KEY]).isin(own)]
    if made.empty:
        return observations
    columns = [*KEY, "value", "unit_of_measure", "basis"]
    return pd.concat([observations[columns], made[columns]], ignore_index=True)
