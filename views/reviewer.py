"""The model in force and the papers that it learnt from, kept between page runs."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from classifier.neighbours import LabelledNeighbour
from classifier.prediction import PaperText
from foundation.errors import ModelError
from foundation.settings import load_settings
from landscape.review import ReviewerModel, load_reviewer
from landscape.types import PaperDetail
from taxonomy.models import Taxonomy
from views.model_card import model_folder

_LOG = logging.getLogger(__name__)


def reviewer_in_force(taxonomy: Taxonomy) -> ReviewerModel:
    """The model in force with its labelled papers, loaded once.

    Args:
        taxonomy: The grid in force.
    """
    folder = model_folder(load_settings())
    return _reviewer(folder, taxonomy.version, taxonomy.is_founding, taxonomy)


def nearest_labelled(detail: PaperDetail, taxonomy: Taxonomy) -> tuple[LabelledNeighbour, ...]:
    """The labelled papers nearest to a paper; none where no model was trained for the grid.

    Args:
        detail: The paper.
        taxonomy: The grid in force.
    """
    try:
        papers = reviewer_in_force(taxonomy).neighbours
    except ModelError as error:
        # A paper is shown whatever became of the model; Status and `landscape doctor` name the damage.
        _LOG.warning("%s", error)
        return ()
    return papers.nearest(PaperText(detail.row.id, detail.row.title, detail.abstract or "")) if papers else ()


@st.cache_resource(show_spinner="Reading the labelled papers …", max_entries=2)
def _reviewer(folder: Path, version: str, founding: bool, _taxonomy: Taxonomy) -> ReviewerModel:
    return load_reviewer(_taxonomy, folder)
