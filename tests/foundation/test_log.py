import logging

import pytest

from foundation.log import RedactingFormatter, configure_logging, redact

CANARY = "s3cr3t-canary"


@pytest.mark.parametrize(
    "line",
    [
        f"postgresql+psycopg://reader:{CANARY}@db.example.org/landscape",
        f"api_key={CANARY}",
        f"OPENREVIEW_PASSWORD: {CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"https://example.org/?token={CANARY}&page=2",
    ],
)
def test_secrets_are_taken_out(line: str) -> None:
    assert CANARY not in redact(line)


def test_what_is_no_secret_stays() -> None:
    line = "https://export.arxiv.org/api/query?start=0&max_results=100"
    assert redact(line) == line


def test_formatter_redacts_arguments_and_tracebacks() -> None:
    formatter = RedactingFormatter("%(message)s")
    try:
        raise ValueError(f"password={CANARY}")
    except ValueError:
        import sys

        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "failed %s", (f"token={CANARY}",), sys.exc_info()
        )
    assert CANARY not in formatter.format(record)


def test_configuring_twice_keeps_one_handler() -> None:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        configure_logging()
        configure_logging(verbose=True)
        assert len(root.handlers) == 1
        assert root.level == logging.INFO
    finally:
        root.handlers[:], root.level = before
