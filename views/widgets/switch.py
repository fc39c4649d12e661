"""A row of buttons of which one is always pressed; pressing another one goes to its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

ValueT = TypeVar("ValueT", bound=str)


def switch(
    label: str, names: Mapping[ValueT, str], key: str, chosen: ValueT, then: Callable[[ValueT], None]
) -> None:
    """Draw a switch.

    Args:
        label: What it switches, for screen readers.
        names: What stands on each button, by value, in order.
        key: Name of the widget's state.
        chosen: The value that the address says is pressed.
        then: Told the newly pressed value.
    """
    # The address decides what is pressed, also after the browser's back button.
    st.session_state[key] = chosen
    st.segmented_control(
        label,
        list(names),
        key=key,
        format_func=lambda value: names[value],
        required=True,
        label_visibility="collapsed",
        on_change=lambda: then(st.session_state[key]),
    )
