"""Which hosts may be asked: the source's own and those it names, at public addresses alone."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from foundation.errors import TerminalSourceError, TransientSourceError
from foundation.settings import is_loopback

_ADDRESSES_TRIED = 3


@dataclass(frozen=True)
class HostRules:
    """What a client may connect to.

    Attributes:
        base_url: Scheme, host and prefix of the source.
        redirect_hosts: Further hosts to which the source is known to redirect.
    """

    base_url: str
    redirect_hosts: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_loopback(self) -> bool:
        """Whether the user has pointed the source at this machine."""
        return is_loopback(self.base_url)

    def check_url(self, url: str) -> None:
        """Refuse a URL that is not the source's.

        Args:
            url: An absolute URL, first request or redirect.

        Raises:
            TerminalSourceError: Another scheme, host or (on this machine) port, or a user name.
        """
        base = urlsplit(self.base_url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise TerminalSourceError("the source redirects to a URL that is none", url=url) from error
        if parts.username or parts.password:
            raise TerminalSourceError("a URL with a user name is refused", url=url)
        host = (parts.hostname or "").lower()
        if self.is_loopback:
            allowed = parts.scheme == base.scheme and (host, port) == (base.hostname, base.port)
        else:
            hosts = {(base.hostname or "").lower(), *self.redirect_hosts}
            allowed = parts.scheme == "https" and host in hosts and port in (None, 443, base.port)
        if not allowed:
            raise TerminalSourceError(
                "the source sends us to an address outside its own hosts",
                hint="Set the source's base URL if it has moved for good.",
                url=url,
                allowed=base.netloc,
            )

    def addresses(self, host: str, port: int) -> list[str]:
        """Resolve a host once, so that what was checked is what is asked.

        Args:
            host: Host name or address.
            port: TCP port.

        Returns:
            Up to three addresses, in the resolver's order.

        Raises:
            TransientSourceError: The name does not resolve at present.
            TerminalSourceError: It resolves to a private, loopback or reserved address.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise TransientSourceError(
                "the host name does not resolve",
                hint="Check the network, or the source's base URL.",
                host=host,
                error=error,
            ) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            # A zone (`fe80::1%eth0`) belongs to link-local addresses alone; they fail either way.
            plain = ip_address(address.partition("%")[0])
            fitting = plain.is_loopback if self.is_loopback else plain.is_global
            if not fitting:
                raise TerminalSourceError(
                    "the source's host name leads to a private address",
                    hint="Check DNS, or set a loopback base URL on purpose.",
                    host=host,
                    address=address,
                )
        return addresses[:_ADDRESSES_TRIED]
