"""The store's tables as SQLAlchemy Core sees them.

Questions on the whole store count and join; they need columns, not objects. Importing the models
through here makes sure that every table is registered.
"""

from __future__ import annotations

from db.models import (
    ClassifierRun,
    ExternalId,
    HarvestRun,
    LabelAssignment,
    LabelCell,
    LabelRetraction,
    LabelTopic,
    Paper,
    RejectedRecordRow,
    SourceRecord,
)

_TABLES = Paper.metadata.tables

PAPER = _TABLES[str(Paper.__tablename__)]
EXTERNAL_ID = _TABLES[str(ExternalId.__tablename__)]
SOURCE_RECORD = _TABLES[str(SourceRecord.__tablename__)]
REJECTED_RECORD = _TABLES[str(RejectedRecordRow.__tablename__)]
HARVEST_RUN = _TABLES[str(HarvestRun.__tablename__)]
CLASSIFIER_RUN = _TABLES[str(ClassifierRun.__tablename__)]
LABEL_ASSIGNMENT = _TABLES[str(LabelAssignment.__tablename__)]
LABEL_CELL = _TABLES[str(LabelCell.__tablename__)]
LABEL_TOPIC = _TABLES[str(LabelTopic.__tablename__)]
LABEL_RETRACTION = _TABLES[str(LabelRetraction.__tablename__)]
