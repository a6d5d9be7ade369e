"""Evidence goes on as its text: it says what was put in, and two that say the same are the same."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from monitor.model.sealed import Sealed

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), PLAIN, max_size=5)


@given(OBJECTS)
def test_it_says_what_was_put_in(values: dict[str, object]) -> None:
    sealed = Sealed.of(values)
    assert sealed == values
    assert values == sealed
    assert dict(sealed) == values
    assert len(sealed) == len(values)
    assert pickle.loads(pickle.dumps(sealed)) == sealed  # noqa: S301 - our own


@given(OBJECTS, OBJECTS)
def test_two_that_say_the_same_are_the_same_however_they_are_written(
    one: dict[str, object], two: dict[str, object]
) -> None:
    assert (Sealed.of(one) == Sealed.of(two)) == (one == two)
    backwards = dict(reversed(one.items()))
    assert Sealed.of(one) == Sealed.of(backwards)
    assert Sealed('{ "a" : 1.50 }') == Sealed.of({"a": 1.5})
    assert Sealed.of(one) != "text"
