"""Who may write: everyone on this machine, elsewhere only who has logged in. And writing itself."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeVar

import streamlit as st
from sqlmodel import Session

from foundation.errors import LandscapeError
from views.cached import forget, store
from views.widgets.markup import render

_LOG = logging.getLogger(__name__)
_SAID = "said"
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")  # set by proxies: the reader is elsewhere
NAME_LIMIT = 100
Result = TypeVar("Result")


def may_write() -> bool:
    """Whether this reader may change what the store holds.

    The app bound to the loopback address alone is for this machine; bound elsewhere, or asked through a
    proxy, only a login (Streamlit's OpenID Connect) tells who is there.
    """
    if _logged_in():
        return True
    return _on_loopback() and not any(st.context.headers.get(name) for name in _FORWARDED)


def reader() -> str:
    """Who is reading, as labels, notes and tags name it."""
    if _logged_in():
        known = st.user.to_dict()
        name = known.get("email") or known.get("name") or "a reader"
        return str(name)[:NAME_LIMIT]
    try:
        return getpass.getuser()[:NAME_LIMIT]
    except (KeyError, OSError):  # no such user in a container, as pwd and the environment tell it
        return "a reader"


def read_only_note() -> None:
    """Say that writing is off, and what would turn it on. Nothing where it is on."""
    if may_write():
        return
    can_log_in = _login_is_set()
    st.html(render("read_only.html", can_log_in=can_log_in))
    if can_log_in:
        st.button("Log in", key="log_in", on_click=st.login)


def change(act: Callable[[Session], Result], said: str = "") -> Result | None:
    """Change the store on a reader's behalf, from a widget's callback.

    Args:
        act: Does it, in one transaction.
        said: What the reader is told when it is done.

    Returns:
        What `act` returned; None where writing is off or the change was refused. Either is told.
    """
    if not may_write():
        _say("Writing is off here: nothing was changed.", failed=True)
        return None
    try:
        with store().write() as session:
            result = act(session)
    except LandscapeError as error:
        _LOG.warning("%s", error)
        _say(error.message[:1].upper() + error.message[1:] + ".", failed=True)
        return None
    forget()
    if said:
        _say(said)
    return result


def changing(act: Callable[[Session], object], said: str) -> Callable[[], None]:
    """A change as a widget's callback.

    Args:
        act: Does it, in one transaction.
        said: What the reader is told when it is done.
    """

    def run() -> None:
        change(act, said)

    return run


def say_what_was_done() -> None:
    """Tell the outcome of the last change, once."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.html(render("said.html", text=said[0], failed=said[1]))


def _say(text: str, *, failed: bool = False) -> None:
    st.session_state[_SAID] = (text, failed)


def _logged_in() -> bool:
    return _login_is_set() and bool(st.user.to_dict().get("is_logged_in"))


def _login_is_set() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def _on_loopback() -> bool:
    address = st.get_option("server.address") or ""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
