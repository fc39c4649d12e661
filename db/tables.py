"""The tables behind the models, typed for SQLAlchemy Core, and how to ask for many keys at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Table
from sqlmodel import SQLModel

from db import models

Key = TypeVar("Key")

KEYS_PER_QUERY = 500  # well under SQLite's oldest limit of 999 variables a statement


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


PAPER = table_of(models.Paper)
EXTERNAL_ID = table_of(models.ExternalId)
AUTHORSHIP = table_of(models.Authorship)
SOURCE_RECORD = table_of(models.SourceRecord)
MATCH_KEY = table_of(models.MatchKey)
PAPER_LINK = table_of(models.PaperLink)
REJECTED = table_of(models.RejectedRecordRow)
HARVEST_RUN = table_of(models.HarvestRun)
HARVEST_CURSOR = table_of(models.HarvestCursor)
HARVEST_LEASE = table_of(models.HarvestLease)
CLASSIFIER_RUN = table_of(models.ClassifierRun)
LABEL = table_of(models.LabelAssignment)
LABEL_CELL = table_of(models.LabelCell)
LABEL_TOPIC = table_of(models.LabelTopic)
RETRACTION = table_of(models.LabelRetraction)
CITATION_COUNT = table_of(models.CitationCountRow)
SNAPSHOT = table_of(models.SnapshotRow)
SCHEDULE_STATE = table_of(models.ScheduleState)
HARVEST_REQUEST = table_of(models.HarvestRequestRow)
SAVED_SEARCH = table_of(models.SavedSearch)
SEEN_PAPER = table_of(models.SeenPaper)
PAPER_TAG = table_of(models.PaperTag)
PAPER_NOTE = table_of(models.PaperNote)
READING_LIST = table_of(models.ReadingList)
READING_LIST_PAPER = table_of(models.ReadingListPaper)
PAPER_VECTOR = table_of(models.PaperVector)
MAP_POINT = table_of(models.MapPoint)
DISCOVERY_RUN = table_of(models.DiscoveryRun)
SUB_TOPIC = table_of(models.SubTopic)
SUB_TOPIC_PAPER = table_of(models.SubTopicPaper)
PLACE_WORDS = table_of(models.PlaceWords)


def chunks(keys: Iterable[Key], size: int = KEYS_PER_QUERY) -> Iterator[list[Key]]:
    """Cut keys into lists that fit into one `IN (…)`."""
    rest = iter(keys)
    while piece := list(islice(rest, size)):
        yield piece
