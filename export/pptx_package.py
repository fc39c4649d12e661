"""The .pptx file around the slides: opened from a template or from nothing, saved to fixed bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from export.text_fit import CALIBRI_METRICS, UNKNOWN_FONT_WIDENING
from export.text_safety import safe_property, safe_text
from foundation.clock import as_utc
from foundation.errors import RefusedInputError

EMU_PER_PT = 12700  # ECMA-376 part 1, 20.1.2.1: 914,400 EMU an inch, 72 pt an inch
SLIDE_WIDTH_EMU = 12_192_000  # 16:9, 960 x 540 pt, the published slide
SLIDE_HEIGHT_EMU = 6_858_000
DEFAULT_FONT = "Calibri"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can bear
TEMPLATE_LIMIT_BYTES = 200 * 1024 * 1024  # unpacked; a deck full of photographs stays under it
_TEMPLATE_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
_DECK_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_CONTENT_TYPES = "[Content_Types].xml"


@dataclass(frozen=True)
class DeckFonts:
    """How text is set.

    Attributes:
        name: Font written on every run; None leaves it to the template's theme.
        widening: How much wider than Calibri text is taken to be when it is fitted.
    """

    name: str | None
    widening: float


def open_presentation(template: Path | None) -> tuple[Any, DeckFonts]:
    """A presentation without slides.

    Args:
        template: A user's .pptx or .potx, whose masters, theme and slide size are kept and whose
            slides are dropped; None for a plain white 16:9 deck in Calibri.

    Returns:
        The python-pptx presentation, and how text is set in it.

    Raises:
        RefusedInputError: The template cannot be read as a PowerPoint file without macros.
    """
    from pptx import Presentation

    if template is None:
        presentation = Presentation()
        _make_wide(presentation)
        return presentation, DeckFonts(DEFAULT_FONT, 1.0)
    presentation = _open_template(template)
    return presentation, DeckFonts(None, _theme_widening(presentation))


def open_deck(path: Path) -> Any:
    """An existing deck with its slides, to be read.

    Args:
        path: A .pptx or .potx.

    Returns:
        The python-pptx presentation.

    Raises:
        RefusedInputError: The file cannot be read as a PowerPoint file without macros.
    """
    return _open(path, "deck", keep_slides=True)


def _open_template(path: Path) -> Any:
    return _open(path, "template", keep_slides=False)


def _open(path: Path, what: str, *, keep_slides: bool) -> Any:
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    hint = "Give a .pptx or .potx file that PowerPoint opens."
    try:
        blob = _as_deck(path.read_bytes(), path, what)
    except OSError as error:
        raise RefusedInputError(
            f"{what} cannot be read", hint=hint, path=path, reason=error.strerror
        ) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedInputError(f"{what} is not a PowerPoint file", hint=hint, path=path) from error
    try:
        presentation = Presentation(io.BytesIO(blob))
        layouts = len(presentation.slide_layouts)
        size = (presentation.slide_width, presentation.slide_height)
        if not keep_slides:
            _drop_slides(presentation)
    # python-pptx has no error of its own for most damage: a missing part is a KeyError, a wrong
    # root element an AttributeError, and so on.
    except (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, TypeError, IndexError) as error:
        raise RefusedInputError(f"{what} is damaged", hint=hint, path=path, reason=error) from error
    if not layouts or not all(size):
        raise RefusedInputError(f"{what} has no slide layout or no slide size", hint=hint, path=path)
    return presentation


def _as_deck(blob: bytes, path: Path, what: str) -> bytes:
    """Check the package's outside; turn a .potx into a .pptx, as python-pptx reads only that."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > TEMPLATE_LIMIT_BYTES:
            raise RefusedInputError(
                f"{what} is too large", hint="Take pictures out of it.", path=path, unpacked_bytes=unpacked
            )
        names = archive.namelist()
        if _CONTENT_TYPES not in names:
            raise zipfile.BadZipFile(f"no {_CONTENT_TYPES}")
        types = archive.read(_CONTENT_TYPES)
        if b"macroEnabled" in types or any(name.endswith("vbaProject.bin") for name in names):
            raise RefusedInputError(f"{what} holds macros", hint="Save it as .pptx without them.", path=path)
        if _TEMPLATE_TYPE not in types:
            return blob
        changed = {_CONTENT_TYPES: types.replace(_TEMPLATE_TYPE, _DECK_TYPE)}
        return pack((name, changed.get(name) or archive.read(name)) for name in names)


def _drop_slides(presentation: Any) -> None:
    """Take every slide out; what nothing refers to any more is not saved."""
    slide_ids = presentation.slides._sldIdLst  # python-pptx has no public way to remove a slide
    for slide_id in list(slide_ids):
        presentation.part.drop_rel(slide_id.rId)
        slide_ids.remove(slide_id)
    # Sections name the slides that stood in them; PowerPoint repairs a deck where they are gone.
    for section_list in presentation.part._element.xpath('.//*[local-name()="sectionLst"]'):
        extension = section_list.getparent()
        extension.getparent().remove(extension)


def _theme_widening(presentation: Any) -> float:
    """Whether the template's text font has Calibri's metrics; wider is assumed where it has not."""
    from lxml import etree
    from pptx.opc.constants import RELATIONSHIP_TYPE as RT

    try:
        theme = etree.fromstring(
            presentation.slide_master.part.part_related_by(RT.THEME).blob,
            etree.XMLParser(resolve_entities=False, no_network=True),
        )
    except (KeyError, etree.LxmlError):  # no theme: the program's own font, which is unknown
        return UNKNOWN_FONT_WIDENING
    faces = {latin.get("typeface", "").lower() for latin in theme.iterfind(".//{*}minorFont/{*}latin")}
    return 1.0 if faces and faces <= CALIBRI_METRICS else UNKNOWN_FONT_WIDENING


def _make_wide(presentation: Any) -> None:
    """Turn python-pptx's own 4:3 template into 16:9, its masters included, and clean it."""
    from pptx.opc.constants import RELATIONSHIP_TYPE as RT

    factor = SLIDE_WIDTH_EMU / presentation.slide_width
    presentation.slide_width, presentation.slide_height = SLIDE_WIDTH_EMU, SLIDE_HEIGHT_EMU
    presentation.part._element.find(".//{*}sldSz").attrib.pop("type", None)  # it said screen4x3
    for page in (presentation.slide_master, *presentation.slide_layouts):
        for place in page._element.iter("{*}off", "{*}ext"):
            for name in ("x", "cx"):
                if name in place.attrib:
                    place.set(name, str(round(int(place.get(name)) * factor)))
    # Thumbnail, printer settings and statistics of the empty 4:3 deck they came with.
    package = presentation.part.package
    for owner, kinds in (
        (package, (RT.THUMBNAIL, RT.EXTENDED_PROPERTIES)),
        (presentation.part, (RT.PRINTER_SETTINGS,)),
    ):
        rels = owner._rels
        for rel_id in [rel_id for rel_id, rel in rels.items() if rel.reltype in kinds]:
            rels.pop(rel_id)


def set_properties(
    presentation: Any, *, title: str, subject: str, keywords: str, as_of: datetime, version: str = ""
) -> None:
    """Fill in the document's properties; both times are the landscape's, not the clock's.

    Args:
        presentation: A python-pptx presentation.
        title: Of the document.
        subject: Of the document.
        keywords: Of the document.
        as_of: The moment whose knowledge the deck shows.
        version: Of the taxonomy, so that a changed deck can be compared with it.
    """
    moment = as_utc(as_of).replace(microsecond=0)
    properties = presentation.core_properties
    properties.title = safe_property(title)
    properties.subject = safe_property(subject)
    properties.keywords = safe_property(keywords)
    properties.author = properties.last_modified_by = "LLM Research Landscape"
    properties.comments = properties.category = ""
    properties.revision = 1
    properties.version = safe_property(version)
    properties.created = properties.modified = moment


def set_notes(slide: Any, text: str) -> None:
    """Write speaker notes.

    Args:
        slide: A python-pptx slide.
        text: The notes; a line feed starts a paragraph.

    Raises:
        RefusedInputError: The template's notes master holds no place for notes.
    """
    frame = slide.notes_slide.notes_text_frame
    if frame is None:
        raise RefusedInputError("template's notes page has no text box", hint="Restore its notes master.")
    frame.text = safe_text(text, multiline=True)


def presentation_bytes(presentation: Any) -> bytes:
    """The finished file; the same presentation gives the same bytes.

    Args:
        presentation: A python-pptx presentation.

    Returns:
        A .pptx whose zip entries all bear the same fixed time.
    """
    saved = io.BytesIO()
    presentation.save(saved)
    with zipfile.ZipFile(saved) as archive:
        return pack((name, archive.read(name)) for name in archive.namelist())


def pack(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip package whose entries all bear the same fixed time.

    Args:
        entries: Name and content, in order.

    Returns:
        The package; the same entries give the same bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, blob in entries:
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # else Windows and others would differ in this one byte
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, blob)
    return packed.getvalue()
