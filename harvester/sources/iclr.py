"""ICLR, from its proceedings site: 2024 on. Earlier years are on OpenReview alone."""

from __future__ import annotations

from harvester.sources.proceedings import ProceedingsFile, ProceedingsSite


class Iclr(ProceedingsSite):
    """ICLR, year by year."""

    name = "iclr"
    label = "ICLR"
    default_base_url = "https://proceedings.iclr.cc"
    file_formats = (
        ProceedingsFile(
            "iclr", "ICLR", (b"proceedings.iclr.cc", b"International Conference on Learning Representations")
        ),
    )
