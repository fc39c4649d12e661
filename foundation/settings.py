"""Settings from the environment (`LANDSCAPE_…`) or from `landscape.toml`.

The environment wins over the file. The file is looked for in the working folder, then in
`LANDSCAPE_HOME`. An unknown key or a wrong type is refused by name.
"""

from __future__ import annotations

import os
import tomllib
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from foundation.errors import ConfigurationError

PREFIX = "LANDSCAPE_"
SOURCE_NAMES = ("arxiv", "arxiv_oai", "acl_anthology", "pmlr", "neurips", "iclr", "openreview")
SourceName = Literal["arxiv", "arxiv_oai", "acl_anthology", "pmlr", "neurips", "iclr", "openreview"]
_SECRETS = frozenset({"username", "password", "token"})
# Settings whose value may stand in a complaint about it.
_SHOWN = frozenset(
    {
        "home",
        "contact",
        "classifier_mode",
        "enabled",
        "base_url",
        "delay_seconds",
        "ref",
        "service",
        "port",
        "security",
    }
)


def is_loopback(url: str) -> bool:
    """Whether a URL points at this machine.

    Args:
        url: An absolute URL.

    Returns:
        True for `localhost` and for addresses in 127.0.0.0/8 or ::1.
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class SourceSettings(BaseModel):
    """What a user may change about one source.

    Attributes:
        enabled: Whether a plain `harvest` asks it; None keeps the source's own default.
        base_url: Replaces scheme, host and prefix; the path behind it stays the source's.
        delay_seconds: Pause between requests; None keeps the source's courtesy rule. A value
            under that rule is accepted for a loopback base URL alone.
        ref: Git reference for sources that are read from a repository.
        username: For sources with a login. Like the next two, read from the environment alone.
        password: For sources with a login.
        token: A session token or API key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool | None = None
    base_url: str | None = None
    delay_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    ref: str | None = None
    username: SecretStr | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None

    @field_validator("base_url")
    @classmethod
    def _http_only(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("must be an http(s) URL with a host and without user or password")
        if parts.scheme == "http" and not is_loopback(value):
            raise ValueError("plain http is accepted for loopback addresses alone")
        return value.rstrip("/")


class CitationSettings(SourceSettings):
    """What a user may change about the service that counts citations; `token` is its API key.

    Attributes:
        service: Who is asked.
    """

    service: Literal["semantic_scholar"] = "semantic_scholar"


class MailSettings(BaseModel):
    """Where digests are sent from, and to whom. Nothing is sent unless it is asked for.

    Attributes:
        host: SMTP server; empty means that no mail is set up.
        port: Its port; 587 is for submission (RFC 6409).
        security: starttls, tls from the first byte, or none (only without a login).
        sender: Address in From.
        recipients: Addresses; in the environment separated by commas.
        username: Like the password, read from the environment alone.
        password: For the login.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    recipients: tuple[str, ...] = ()
    username: SecretStr | None = None
    password: SecretStr | None = None

    @field_validator("recipients", mode="before")
    @classmethod
    def _from_one_text(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("sender", "recipients")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in (value,) if isinstance(value, str) else value:
            if address and ("@" not in address or any(ord(character) < 33 for character in address)):
                raise ValueError("must be a mail address")
        return value


class Settings(BaseModel):
    """Everything that can be set.

    Attributes:
        home: Folder of the store, snapshots, accepted taxonomies and lock files.
        database_url: SQLAlchemy URL; empty means a SQLite file under `home`.
        contact: Mail address sent to the sources, as they ask for.
        classifier_mode: `accurate` reads each paper with words and encoder together, `fast` with words
            alone, some fifteen times faster.
        sources: Per-source settings by source name.
        citations: The service that counts citations (optional, never asked by itself).
        mail: How digests are sent (optional).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("llm-landscape")))
    database_url: str = ""
    contact: str = ""
    classifier_mode: Literal["accurate", "fast"] = "accurate"
    sources: dict[SourceName, SourceSettings] = Field(default_factory=dict)
    citations: CitationSettings = Field(default_factory=CitationSettings)
    mail: MailSettings = Field(default_factory=MailSettings)

    @field_validator("contact")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(ord(character) < 32 for character in value):
            raise ValueError("must be one line: it is sent in a header")
        return value

    @cached_property
    def resolved_database_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'landscape.db'}"

    def source(self, name: str) -> SourceSettings:
        """Settings of one source, defaults where nothing was set."""
        return self.sources.get(name, SourceSettings())  # type: ignore[call-overload, no-any-return]


def load_settings(environ: dict[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """Read settings from environment and file.

    Args:
        environ: The environment; the process's own when None.
        cwd: The working folder; the process's own when None.

    Returns:
        Validated settings.

    Raises:
        ConfigurationError: A key is unknown, a value has the wrong type, or the file is not TOML.
    """
    environ = dict(os.environ) if environ is None else environ
    from_environment = _from_environment(environ)
    values = _from_file(from_environment, cwd or Path.cwd())
    _merge(values, from_environment)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # A misspelt `PASSWRD` is an unknown key whose value is a secret all the same.
        shown = first["type"] != "extra_forbidden" and str(first["loc"][-1]) in _SHOWN
        # `from None`: pydantic's own story would repeat the value.
        raise ConfigurationError(
            f"setting {name!r} is not valid: {first['msg']}",
            hint=f"Set it as {PREFIX}{name.upper().replace('.', '__')} or in landscape.toml.",
            **({"value": first.get("input")} if shown else {}),
        ) from None


def _from_environment(environ: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in environ.items():
        if not key.startswith(PREFIX) or value == "":
            continue
        *path, last = key.removeprefix(PREFIX).lower().split("__")
        node = values
        for part in path:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise ConfigurationError(f"setting {key} clashes with another one of the same name")
        node[last] = value
    return values


def _from_file(from_environment: dict[str, Any], cwd: Path) -> dict[str, Any]:
    folders = [cwd]
    if isinstance(from_environment.get("home"), str):
        folders.append(Path(from_environment["home"]))
    for folder in folders:
        path = folder / "landscape.toml"
        if not path.is_file():
            continue
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(
                f"landscape.toml cannot be read: {error}", hint="Mend or remove it.", path=path
            ) from error
        _refuse_secrets(values, "", path)
        return values
    return {}


def _refuse_secrets(values: dict[str, Any], place: str, path: Path) -> None:
    """A file is copied, shared and committed; logins come from the environment alone."""
    for key, value in values.items():
        if isinstance(value, dict):
            _refuse_secrets(value, f"{place}{key}.", path)
        elif key.lower() in _SECRETS:
            name = f"{place}{key}"
            raise ConfigurationError(
                f"{name} does not belong into a file",
                hint=f"Take it out and set {PREFIX}{name.upper().replace('.', '__')} in the environment.",
                path=path,
            )


def _merge(into: dict[str, Any], values: dict[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
