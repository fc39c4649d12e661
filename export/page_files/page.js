"use strict";
(function () {
  // Every text of a paper goes into the page as text (textContent), never as markup.
  var data = JSON.parse(document.getElementById("data").textContent);
  var TITLE = 0, AUTHORS = 1, YEAR = 2, DAY = 3, VENUE = 4, CELL = 5, TOPICS = 6, BASE = 7, REST = 8, ID = 9, WHY = 10;
  var STEP = 50;
  var papers = data.papers, shown = STEP, found = [];
  var by = function (id) { return document.getElementById(id); };
  var fields = { q: by("words"), place: by("place"), venue: by("venue"), from: by("from"), until: by("until"), order: by("order") };
  var places = {}; // id -> {label, cell: index} or {label, topic: index}
  data.cells.forEach(function (cell, index) { places[cell[0]] = { label: cell[1], cell: index, short: cell[1] }; });
  data.topics.forEach(function (topic, index) {
    places[topic[0]] = { label: data.cells[topic[2]][1] + ": " + topic[1], topic: index, short: topic[1] };
  });
  var fold = function (text) { return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); };
  var folded = new Array(papers.length);
  var wordsOf = function (index) {
    var paper = papers[index];
    return folded[index] || (folded[index] = fold(paper[TITLE] + " " + paper[AUTHORS] + " " + paper[WHY] + " " + paper[ID]));
  };
  var make = function (name, text, cls) {
    var node = document.createElement(name);
    if (text) { node.textContent = text; }
    if (cls) { node.className = cls; }
    return node;
  };
  var option = function (select, value, text) {
    var node = make("option", text);
    node.value = value;
    select.appendChild(node);
  };
  option(fields.place, "", "everywhere");
  Object.keys(places).forEach(function (id) { option(fields.place, id, places[id].label); });
  option(fields.venue, "", "all");
  data.venues.forEach(function (venue, index) { if (venue) { option(fields.venue, String(index), venue); } });

  var number = function (field) { var value = parseInt(field.value, 10); return isNaN(value) ? null : value; };
  var inPlace = function (paper, place) {
    return place.topic === undefined ? paper[CELL] === place.cell : paper[TOPICS].indexOf(place.topic) >= 0;
  };
  var passing = function () { // everything but the place: the chart counts what passes, place by place
    var words = fold(fields.q.value).split(/\s+/).filter(Boolean);
    var venue = fields.venue.value === "" ? null : Number(fields.venue.value);
    var from = number(fields.from), until = number(fields.until), kept = [];
    for (var index = 0; index < papers.length; index++) {
      var paper = papers[index];
      if (venue !== null && paper[VENUE] !== venue) { continue; }
      if (from !== null && (paper[YEAR] === null || paper[YEAR] < from)) { continue; }
      if (until !== null && (paper[YEAR] === null || paper[YEAR] > until)) { continue; }
      if (words.length) {
        var text = wordsOf(index);
        if (!words.every(function (word) { return text.indexOf(word) >= 0; })) { continue; }
      }
      kept.push(index);
    }
    return kept;
  };
  var marks = [];
  document.querySelectorAll("#chart .chip, #chart .cell").forEach(function (node) {
    var id = node.getAttribute("data-id"), place = places[id];
    if (!place) { return; }
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
    var texts = node.querySelectorAll("text");
    var count = place.topic !== undefined && texts.length > 1 ? texts[texts.length - 1].querySelector("tspan") : null;
    marks.push({ node: node, id: id, place: place, count: count, said: count ? count.textContent : "", words: node.querySelector("title") ? node.querySelector("title").textContent : "" });
    var press = function (event) {
      event.preventDefault();
      fields.place.value = fields.place.value === id ? "" : id;
      update();
    };
    node.addEventListener("click", press);
    node.addEventListener("keydown", function (event) { if (event.key === "Enter" || event.key === " ") { press(event); } });
  });
  var count = function (kept, whole) {
    var cells = data.cells.map(function () { return 0; }), topics = data.topics.map(function () { return 0; });
    kept.forEach(function (index) {
      var paper = papers[index];
      if (paper[CELL] >= 0) { cells[paper[CELL]]++; }
      paper[TOPICS].forEach(function (topic) { topics[topic]++; });
    });
    marks.forEach(function (mark) {
      var n = mark.place.topic === undefined ? cells[mark.place.cell] : topics[mark.place.topic];
      var chosen = fields.place.value === mark.id;
      mark.node.classList.toggle("chosen", chosen);
      mark.node.classList.toggle("none", !whole && n === 0 && mark.place.topic !== undefined);
      mark.node.setAttribute("aria-pressed", String(chosen));
      mark.node.setAttribute("aria-label", whole ? mark.words || mark.place.label : mark.place.label + ": " + n.toLocaleString("en-GB") + " of these papers");
      if (mark.count) { mark.count.textContent = whole ? mark.said : n.toLocaleString("en-GB"); }
    });
  };
  var entry = function (paper) {
    var item = make("li", "", "paper"), head = make("h2");
    var address = paper[REST] === "" && paper[BASE] < 0 ? "" : (paper[BASE] < 0 ? "" : data.bases[paper[BASE]]) + paper[REST];
    if (/^https?:\/\//i.test(address)) {
      var link = make("a", paper[TITLE] || paper[ID]);
      link.href = address;
      link.target = "_blank";
      link.rel = "noopener noreferrer nofollow";
      head.appendChild(link);
    } else { head.textContent = paper[TITLE] || paper[ID]; }
    item.appendChild(head);
    var when = [data.venues[paper[VENUE]], paper[YEAR] === null ? "" : String(paper[YEAR])].filter(Boolean).join(" ");
    item.appendChild(make("p", [paper[AUTHORS], when, paper[ID]].filter(Boolean).join(" · "), "facts"));
    if (paper[WHY]) { item.appendChild(make("p", paper[WHY], "why")); }
    var row = make("p", "", "places");
    var ids = paper[CELL] >= 0 ? [data.cells[paper[CELL]][0]] : [];
    paper[TOPICS].forEach(function (topic) { ids.push(data.topics[topic][0]); });
    ids.forEach(function (id) {
      var button = make("button", places[id].short);
      button.type = "button";
      button.addEventListener("click", function () { fields.place.value = id; update(); by("chart").scrollIntoView(); });
      row.appendChild(button);
    });
    item.appendChild(row);
    return item;
  };
  var list = function () {
    var target = by("papers"), piece = document.createDocumentFragment();
    found.slice(target.children.length, shown).forEach(function (index) { piece.appendChild(entry(papers[index])); });
    target.appendChild(piece);
    by("more").hidden = shown >= found.length;
  };
  var remember = function () {
    var query = new URLSearchParams();
    Object.keys(fields).forEach(function (name) {
      var value = fields[name].value;
      if (value && !(name === "order" && value === "list")) { query.set(name, name === "venue" ? data.venues[Number(value)] : value); }
    });
    var text = query.toString();
    try { history.replaceState(null, "", text ? "#" + text : "#"); } catch (error) { return; } // a frame may forbid it
  };
  var recall = function () {
    var query = new URLSearchParams(location.hash.slice(1));
    Object.keys(fields).forEach(function (name) {
      var value = query.get(name);
      if (value === null) { return; }
      if (name === "venue") { value = String(data.venues.indexOf(value)); }
      if (name === "place" && !Object.prototype.hasOwnProperty.call(places, value)) { value = ""; }
      fields[name].value = value;
      if (fields[name].tagName === "SELECT" && fields[name].selectedIndex < 0) { fields[name].selectedIndex = 0; }
    });
  };
  var update = function () {
    var kept = passing(), whole = kept.length === papers.length;
    var place = places[fields.place.value];
    found = place ? kept.filter(function (index) { return inPlace(papers[index], place); }) : kept.slice();
    if (fields.order.value === "new") {
      found.sort(function (a, b) {
        var x = papers[a][DAY] || String(papers[a][YEAR] || ""), y = papers[b][DAY] || String(papers[b][YEAR] || "");
        return x < y ? 1 : x > y ? -1 : a - b;
      });
    } else if (fields.order.value === "title") {
      found.sort(function (a, b) { return papers[a][TITLE].localeCompare(papers[b][TITLE], "en") || a - b; });
    }
    count(kept, whole);
    shown = STEP;
    by("papers").textContent = "";
    list();
    by("said").textContent = found.length.toLocaleString("en-GB") + " of " + papers.length.toLocaleString("en-GB") + " papers" + (place ? " · " + place.label : "");
    remember();
  };
  var waiting = 0;
  fields.q.addEventListener("input", function () { clearTimeout(waiting); waiting = setTimeout(update, 120); });
  ["place", "venue", "from", "until", "order"].forEach(function (name) { fields[name].addEventListener("change", update); });
  by("filters").addEventListener("submit", function (event) { event.preventDefault(); update(); });
  by("filters").addEventListener("reset", function () { setTimeout(update, 0); });
  by("more").addEventListener("click", function () { shown += STEP; list(); });
  recall();
  update();
})();
