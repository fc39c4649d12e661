"""Which hosts are asked, under which certificates, and where a redirect may lead."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import pytest

from foundation.errors import (
    TerminalSourceError,
    TransientSourceError,
)
from foundation.settings import Settings
from harvester import registry
from harvester.hosts import HostRules
from harvester.http import (
    HttpLimits,
    PoliteClient,
    transport,
)

XML = ("application/xml",)
BODY = b"<a>tea</a>"


@pytest.fixture
def client(client_for):
    return client_for(registry.get("arxiv"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody has signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize(
    ("host", "trusted", "fits"),
    [("localhost", True, True), ("localhost", False, False), ("127.0.0.1", True, False)],
)
def test_certificates_are_checked_for_trust_and_name(
    certificate, replay, clock, tmp_path, monkeypatch, host, trusted, fits
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    ours = ssl.create_default_context()
    if trusted:
        ours.load_verify_locations(certificate / "certificate.pem")
    monkeypatch.setattr(transport, "tls_context", lambda: ours)
    with replay.ReplayServer(tls=context) as server:
        server.on("/page", BODY)
        own = {"base_url": server.base_url.replace("127.0.0.1", host), "delay_seconds": 0}
        settings = Settings(home=tmp_path, sources={"arxiv": own})
        client = PoliteClient.for_source(registry.get("arxiv"), settings, clock=clock)
        if fits:
            assert client.get("/page", media_types=XML).body == BODY
            return
        with pytest.raises(TerminalSourceError, match="TLS") as caught:
            client.get("/page", media_types=XML)
        assert caught.value.facts["try"] == 1
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
        assert server.requests == []


def test_a_redirect_on_the_same_host_is_followed(client, replay_server, replay):
    replay_server.on("/old", replay.Answer(b"", 301, headers={"Location": "/new?x=1"}))
    replay_server.on("/new", BODY, query={"x": "1"})
    assert client.get("/old", media_types=XML).url.endswith("/new?x=1")


def test_redirects_without_end_are_cut(client, replay_server, replay):
    replay_server.on("/loop", replay.Answer(b"", 302, headers={"Location": "/loop"}))
    with pytest.raises(TerminalSourceError, match="without end"):
        client.get("/loop", media_types=XML)
    assert len(replay_server.requests) == HttpLimits().redirects + 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:9/x", "http://127.0.0.2/x", "https://example.org/x", "file:///etc/passwd",
        "ftp://127.0.0.1/x", "http://169.254.169.254/latest/", "//example.org/x", "http://u:p@127.0.0.1/x",
        "http://[::1]/x", "http://127.0.0.1:notaport/", "http://[bad",
    ],
)  # fmt: skip
def test_redirects_elsewhere_are_refused(client, replay_server, replay, location):
    replay_server.on("/page", replay.Answer(b"", 302, headers={"Location": location}))
    with pytest.raises(TerminalSourceError):
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == 1


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://export.arxiv.org/api", True),
        ("https://arxiv.org/api", True),
        ("http://export.arxiv.org/api", False),
        ("https://export.arxiv.org.example.org/", False),
        ("https://export.arxiv.org:8443/", False),
        ("https://user@export.arxiv.org/", False),
        ("https://127.0.0.1/", False),
    ],
)
def test_only_the_sources_own_hosts_are_asked(url, fits):
    rules = HostRules("https://export.arxiv.org", frozenset({"arxiv.org"}))
    if fits:
        rules.check_url(url)
    else:
        with pytest.raises(TerminalSourceError):
            rules.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "0.0.0.0",
        "::ffff:127.0.0.1",
    ],
)
def test_a_public_name_that_leads_to_a_private_address_is_refused(monkeypatch, address):
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])
    with pytest.raises(TerminalSourceError, match="private address"):
        HostRules("https://export.arxiv.org").addresses("export.arxiv.org", 443)


def test_a_loopback_base_may_lead_to_loopback_alone(monkeypatch):
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])
    with pytest.raises(TerminalSourceError):
        HostRules("http://localhost:8000").addresses("localhost", 8000)


def test_a_name_that_does_not_resolve_is_transient(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(TransientSourceError, match="resolve"):
        HostRules("https://export.arxiv.org").addresses("export.arxiv.org", 443)
