"""What units that are no more have reported, as the history of those that stand for them now."""

from __future__ import annotations

import pandas as pd

KEY = ["target", "unit", "period"]


def carried_on(observations: pd.DataFrame, successions: pd.DataFrame) -> pd.DataFrame:
    """`observations` (see assess) and, for each period that ended before a unit took over, what those before it make together.

    successions: model.series.Followed.successions. Of a target that is averaged that is the mean of theirs by their weights; of
    any other the sum of their shares. A period counts only when all of them have a figure in one unit of measure and on one
    basis; a unit's own figure stands before it.
    """
    told = observations.merge(successions, left_on=["target", "unit"], right_on=["target", "before"])
    if told.empty:
        return observations
    ends = pd.PeriodIndex(told["period"], freq="M").end_time.to_numpy()
    told = told[ends < pd.to_datetime(told["since"]).to_numpy()]
    told = told.assign(value=told["value"] * told["share"] * told["weight"], unit=told["successor"])
    by = [*KEY, "unit_of_measure", "basis", "parts", "averaged"]
    made = told.groupby(by, as_index=False).agg(
        value=("value", "sum"), weight=("weight", "sum"), found=("value", "size")
    )
    made = made[made["found"] == made["parts"]]
    made["value"] /= made["weight"].where(made["averaged"], 1.0)
    own = pd.MultiIndex.from_frame(observations[KEY])
    made = made[~pd.MultiIndex.from_frame(made[KEY]).isin(own)]
    columns = [*KEY, "value", "unit_of_measure", "basis"]
    return pd.concat([observations[columns], made[columns]], ignore_index=True)
