"""Page, deck, pictures, tables and data of one landscape carry the same numbers, to the digit."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from typing import Any

import pytest
from lxml import etree

from charts.landscape import landscape_figure
from export.pictures import picture_scene
from export.registry import ExportMaterial, export_format
from landscape.types import LandscapeSnapshot

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Counts = dict[str, int]


@pytest.fixture
def material(make_material: Any) -> ExportMaterial:
    """700 papers, so that the counts of topics differ and stay under the point of rounding."""
    return make_material(700, deck="landscape", domain=None, show_growth=False, links={})


def expected(snapshot: LandscapeSnapshot) -> tuple[Counts, Counts]:
    cells = {cell.id: cell.n_papers for cell in snapshot.cells}
    return cells, {topic.id: topic.n_papers for cell in snapshot.cells for topic in cell.topics}


def from_deck(material: ExportMaterial, read_deck: Any) -> Counts:
    _, shapes = read_deck(export_format("pptx").render(material))
    by_name = {shape.name: shape.text for shape in shapes}
    return {chip.id: int(by_name[f"Count: {chip.label}"].replace(",", "")) for chip in material.layout.chips}


def from_svg(material: ExportMaterial) -> Counts:
    return chip_numbers(etree.fromstring(export_format("svg").render(material)))


def chip_numbers(root: Any) -> Counts:
    """The last text of every chip's group."""
    found = {}
    for title in root.iter("{*}title"):
        texts = ["".join(each.itertext()) for each in title.getparent().findall("{*}text")]
        label, _, said = (title.text or "").partition(": ")
        if texts and "papers" in said and texts[-1].replace(",", "").isdigit():
            found[label] = int(texts[-1].replace(",", ""))
    return found


def from_scene(material: ExportMaterial) -> Counts:
    """What the PNG and the PDF are drawn from."""
    ids = {chip.id for chip in material.layout.chips}
    return {
        group.id: int(group.items[-1].text.replace(",", ""))
        for group in picture_scene(material).groups
        if group.id in ids
    }


def from_json(material: ExportMaterial) -> tuple[Counts, Counts]:
    cells = json.loads(export_format("json").render(material))["cells"]
    of_cell = {f"{cell['pipeline']}/{cell['component']}": cell["n_papers"] for cell in cells}
    return of_cell, {topic["id"]: topic["n_papers"] for cell in cells for topic in cell["topics"]}


def from_csv(material: ExportMaterial) -> tuple[Counts, Counts]:
    rows = list(csv.DictReader(io.StringIO(export_format("csv").render(material).decode())))
    topics = Counter(topic for row in rows for topic in row["topics"].split("; ") if topic)
    return Counter(row["cell"] for row in rows), topics


def from_xlsx(material: ExportMaterial) -> tuple[Counts, Counts]:
    with zipfile.ZipFile(io.BytesIO(export_format("xlsx").render(material))) as archive:
        strings = [
            "".join(node.itertext())
            for node in etree.fromstring(archive.read("xl/sharedStrings.xml")).iter(f"{SHEET}si")
        ]
        found = []
        for number in (1, 2):
            root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            values = {cell.get("r"): cell.findtext(f"{SHEET}v") for cell in root.iter(f"{SHEET}c")}
            rows = sorted(int(name[1:]) for name in values if re.fullmatch(r"A\d+", name) and name != "A1")
            found.append({strings[int(values[f"A{row}"])]: int(values[f"D{row}"]) for row in rows})
    return found[0], found[1]


def from_html(material: ExportMaterial) -> tuple[Counts, Counts]:
    page = export_format("html").render(material).decode()
    data = json.loads(re.search(r' id="data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    cells = [cell for cell, _ in data["cells"]]
    topics = [topic for topic, *_ in data["topics"]]
    of_cell = Counter(cells[paper[5]] for paper in data["papers"] if paper[5] >= 0)
    return of_cell, Counter(topics[index] for paper in data["papers"] for index in paper[6])


def from_page(material: ExportMaterial) -> Counts:
    """What the app's chart tells of a chip."""
    figure = landscape_figure(material.snapshot, material.layout)
    ids = {chip.id for chip in material.layout.chips}
    found = {}
    for trace in figure.data:
        for data in trace.customdata if trace.customdata is not None else ():
            if data[0] in ids and (said := re.search(r"([\d,]+) papers?\b", data[1])):
                found[data[0]] = int(said[1].replace(",", ""))
    return found


def test_every_form_of_one_landscape_carries_the_same_numbers(
    material: ExportMaterial, read_deck: Any
) -> None:
    cells, topics = expected(material.snapshot)
    assert sum(cells.values()) == material.snapshot.relevant == 700
    assert len(set(topics.values())) > 4
    assert from_deck(material, read_deck) == topics
    assert from_scene(material) == topics
    assert from_page(material) == topics
    labels = {chip.id: chip.label for chip in material.layout.chips}
    drawn = from_svg(material)
    assert {topic: drawn[label] for topic, label in labels.items()} == topics
    page = export_format("html").render(material).decode()
    chart = etree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6].encode())
    assert {topic: chip_numbers(chart)[label] for topic, label in labels.items()} == topics
    for read in (from_json, from_csv, from_xlsx, from_html):
        of_cell, of_topic = read(material)
        assert {cell: of_cell.get(cell, 0) for cell in cells} == cells, read.__name__
        assert {topic: of_topic.get(topic, 0) for topic in topics} == topics, read.__name__


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl", "csv"])
def test_every_list_holds_every_paper_once(material: ExportMaterial, name: str) -> None:
    text = export_format(name).render(material).decode()
    assert all(text.count(f"2301.{index:05}") >= 1 for index in range(700))
    counted = {"bibtex": r"^@", "ris": r"^TY  - ", "csl": r'"type":', "csv": r"^arxiv:"}
    assert len(re.findall(counted[name], text, re.M)) == 700
