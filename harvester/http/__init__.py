"""The only door to the network: polite, bounded, and hard to fool.

Polite: one request at a time an operator and never sooner than its rule (`harvester.gate`), a
User-Agent with name and contact, Retry-After obeyed, a block (403) ends the run at once.
Bounded: connect and read timeouts, a deadline for the whole answer, a cap on the decompressed
body, few redirects, few tries. Hard to fool: Content-Length and checksums must agree, the media
type must fit, redirects stay on the source's hosts, names must lead to public addresses.

`question` says what is asked, `answer` what may come back, `transport` connects, `body` reads, `refusal`
tells refusals apart, `headers` speaks the two headers of courtesy, and `client` is what sources are given.
"""

from harvester.http.answer import (
    BadRequestError,
    BusyError,
    HttpResponse,
    NotFoundError,
    Refusal,
    RefusalReader,
)
from harvester.http.client import PoliteClient
from harvester.http.headers import retry_after_seconds, user_agent, user_agent_product
from harvester.http.question import JSON_MEDIA_TYPES, XML_MEDIA_TYPES, Account, HttpLimits, Place

__all__ = [
    "JSON_MEDIA_TYPES",
    "XML_MEDIA_TYPES",
    "Account",
    "BadRequestError",
    "BusyError",
    "HttpLimits",
    "HttpResponse",
    "NotFoundError",
    "Place",
    "PoliteClient",
    "Refusal",
    "RefusalReader",
    "retry_after_seconds",
    "user_agent",
    "user_agent_product",
]
