"""NeurIPS, from its proceedings site."""

from __future__ import annotations

from harvester.sources.proceedings import ProceedingsFile, ProceedingsSite


class Neurips(ProceedingsSite):
    """NeurIPS and its tracks, year by year since 1987."""

    name = "neurips"
    label = "NeurIPS"
    default_base_url = "https://proceedings.neurips.cc"
    file_formats = (
        ProceedingsFile(
            "neurips",
            "NeurIPS",
            (
                b"proceedings.neurips.cc",
                b"papers.nips.cc",
                b"papers.neurips.cc",
                b"Advances in Neural Information Processing Systems",
            ),
        ),
    )
