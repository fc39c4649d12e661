from pathlib import Path

import pytest

from foundation.errors import ConfigurationError
from foundation.settings import is_loopback, load_settings


def test_defaults_need_no_environment(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert settings.contact == ""
    assert settings.resolved_database_url == f"sqlite:///{settings.home / 'landscape.db'}"
    assert settings.source("arxiv").delay_seconds is None


def test_environment_reaches_one_source(tmp_path: Path) -> None:
    environ = {
        "LANDSCAPE_HOME": str(tmp_path),
        "LANDSCAPE_CONTACT": "someone@example.org",
        "LANDSCAPE_SOURCES__ARXIV__BASE_URL": "http://127.0.0.1:8000/",
        "LANDSCAPE_SOURCES__ARXIV__DELAY_SECONDS": "0",
        "LANDSCAPE_SOURCES__ACL_ANTHOLOGY__ENABLED": "false",
        "UNRELATED": "x",
    }
    settings = load_settings(environ, tmp_path)
    assert settings.home == tmp_path
    assert settings.source("arxiv").base_url == "http://127.0.0.1:8000"
    assert settings.source("arxiv").delay_seconds == 0
    assert settings.source("acl_anthology").enabled is False
    assert settings.source("pmlr").enabled is None


def test_environment_wins_over_file(tmp_path: Path) -> None:
    (tmp_path / "landscape.toml").write_text(
        'contact = "file@example.org"\n[sources.arxiv]\ndelay_seconds = 9\n'
    )
    settings = load_settings({"LANDSCAPE_CONTACT": "env@example.org"}, tmp_path)
    assert settings.contact == "env@example.org"
    assert settings.source("arxiv").delay_seconds == 9


def test_file_in_home_is_found(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    # A byte order mark, as some editors write it, is no reason to refuse the file.
    (home / "landscape.toml").write_text('\ufeffcontact = "home@example.org"\n', encoding="utf-8")
    assert load_settings({"LANDSCAPE_HOME": str(home)}, elsewhere).contact == "home@example.org"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"LANDSCAPE_DATABSE_URL": "x"}, "databse_url"),
        ({"LANDSCAPE_SOURCES__ARXIV__DELAY_SECONDS": "soon"}, "sources.arxiv.delay_seconds"),
        ({"LANDSCAPE_SOURCES__ARXIV__DELAY_SECONDS": "-1"}, "sources.arxiv.delay_seconds"),
        ({"LANDSCAPE_SOURCES__ARXIF__ENABLED": "1"}, "sources.arxif"),
        ({"LANDSCAPE_SOURCES__ARXIV__BASE_URL": "file:///etc/passwd"}, "sources.arxiv.base_url"),
        ({"LANDSCAPE_SOURCES__ARXIV__BASE_URL": "https://user:pass@example.org"}, "sources.arxiv.base_url"),
        ({"LANDSCAPE_SOURCES__ARXIV__BASE_URL": "http://example.org"}, "sources.arxiv.base_url"),
        ({"LANDSCAPE_CONTACT": "a@example.org\r\nX-Evil: 1"}, "contact"),
    ],
)
def test_wrong_settings_are_refused_by_name(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named.replace(".", r"\.")) as caught:
        load_settings(environ, tmp_path)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "landscape.toml").write_text("contact = ")
    with pytest.raises(ConfigurationError, match=r"landscape\.toml"):
        load_settings({}, tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:80", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:80", True),
        ("http://localhost", True),
        ("https://localhost.example.org", False),
        ("https://10.0.0.1", False),
        ("https://export.arxiv.org", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


CANARY = "canary-7f3a-secret"


def test_a_login_is_read_from_the_environment_and_never_shown(tmp_path: Path) -> None:
    environ = {
        "LANDSCAPE_SOURCES__OPENREVIEW__USERNAME": "ada@example.org",
        "LANDSCAPE_SOURCES__OPENREVIEW__PASSWORD": CANARY,
        "LANDSCAPE_CITATIONS__TOKEN": CANARY,
    }
    settings = load_settings(environ, tmp_path)
    own = settings.source("openreview")
    assert own.password is not None
    assert own.password.get_secret_value() == CANARY
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(own)):
        assert CANARY not in shown
        assert "ada@example.org" not in shown


@pytest.mark.parametrize("key", ["PASSWRD", "TOKENS"])
def test_a_misspelt_secret_is_refused_without_its_value(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_settings({f"LANDSCAPE_SOURCES__OPENREVIEW__{key}": CANARY}, tmp_path)
    assert key.lower() in str(error.value)
    assert CANARY not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("table", ["sources.openreview", "citations"])
def test_a_login_in_the_file_is_refused_by_name(tmp_path: Path, table: str) -> None:
    (tmp_path / "landscape.toml").write_text(f'[{table}]\ntoken = "{CANARY}"\n')
    with pytest.raises(ConfigurationError, match=rf"{table}.token.*LANDSCAPE_.*__TOKEN") as error:
        load_settings({}, tmp_path)
    assert CANARY not in str(error.value)
