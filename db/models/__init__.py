"""The tables. What a paper's current label is, is a query (`db.labels`), never a column.

Times are aware UTC (`UtcDateTime`). `table=True` models do not validate: only frozen drafts
that pydantic has checked are ever written (see `db.papers`).
"""

from db.models.analysis import (
    DiscoveryRun,
    MapPoint,
    PaperVector,
    PlaceWords,
    SnapshotRow,
    SubTopic,
    SubTopicPaper,
)
from db.models.columns import UtcDateTime
from db.models.harvests import (
    HarvestCursor,
    HarvestLease,
    HarvestRequestRow,
    HarvestRun,
    RejectedRecordRow,
    ScheduleState,
)
from db.models.labels import ClassifierRun, LabelAssignment, LabelCell, LabelRetraction, LabelTopic
from db.models.papers import (
    Authorship,
    CitationCountRow,
    ExternalId,
    MatchKey,
    Paper,
    PaperLink,
    SourceRecord,
)
from db.models.shelf import PaperNote, PaperTag, ReadingList, ReadingListPaper, SavedSearch, SeenPaper

__all__ = [
    "Authorship",
    "CitationCountRow",
    "ClassifierRun",
    "DiscoveryRun",
    "ExternalId",
    "HarvestCursor",
    "HarvestLease",
    "HarvestRequestRow",
    "HarvestRun",
    "LabelAssignment",
    "LabelCell",
    "LabelRetraction",
    "LabelTopic",
    "MapPoint",
    "MatchKey",
    "Paper",
    "PaperLink",
    "PaperNote",
    "PaperTag",
    "PaperVector",
    "PlaceWords",
    "ReadingList",
    "ReadingListPaper",
    "RejectedRecordRow",
    "SavedSearch",
    "ScheduleState",
    "SeenPaper",
    "SnapshotRow",
    "SourceRecord",
    "SubTopic",
    "SubTopicPaper",
    "UtcDateTime",
]
