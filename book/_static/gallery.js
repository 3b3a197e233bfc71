// Pictures of figures lead on. Filter of the gallery: by study, origin of the data, notebook and words. Without this
// script all figures show.
"use strict";

(() => {
  for (const box of document.querySelectorAll(".flarebook-figure")) { // from a card to its entry, from there to the full size
    const picture = box.querySelector("img");
    const { href } = box.querySelector("a.download, :scope > p:last-child a");
    const link = Object.assign(document.createElement("a"), { href });
    picture.replaceWith(link);
    link.append(picture);
  }
  const form = document.querySelector(".flarebook-filter");
  const entries = [...document.querySelectorAll(".flarebook-figure")].map((box) => ({
    ...box.dataset,
    section: box.parentElement,
    text: `${box.parentElement.id} ${box.dataset.words}`.toLowerCase(),
  }));
  if (!form || !entries.length) return;
  const parts = [...new Set(entries.map(({ section }) => section.parentElement))];
  const titles = new Map(entries.map(({ study, section }) => [study, section.parentElement.firstElementChild.firstChild.data]));

  const labelled = (name, field) => {
    const label = form.appendChild(document.createElement("label"));
    label.append(name, field);
    field.addEventListener("input", apply);
    return field;
  };
  const chooser = (name, facet, title) => {
    const field = document.createElement("select");
    field.append(new Option("all", ""));
    for (const value of new Set(entries.map((entry) => entry[facet]))) field.append(new Option(title(value), value));
    return labelled(name, field);
  };
  const fields = {
    study: chooser("Study", "study", (study) => titles.get(study)),
    origin: chooser("Data", "origin", (origin) => origin),
    notebook: chooser("Notebook", "notebook", (notebook) => notebook),
  };
  const words = labelled("Words", Object.assign(document.createElement("input"), { type: "search", placeholder: "name or caption" }));
  const count = form.appendChild(document.createElement("output"));
  const all = form.appendChild(Object.assign(document.createElement("button"), { type: "reset", textContent: "Show all" }));

  function matches(entry) {
    const chosen = Object.entries(fields).every(([facet, { value }]) => !value || entry[facet] === value);
    return chosen && words.value.toLowerCase().split(/\s+/).every((word) => entry.text.includes(word));
  }

  function apply() {
    const others = [...fields.notebook.options].filter(({ value }) => value && fields.study.value);
    for (const option of fields.notebook.options) option.hidden = false;
    for (const option of others) option.hidden = !option.value.startsWith(`${fields.study.value}/`);
    if (fields.notebook.selectedOptions[0].hidden) fields.notebook.value = "";
    for (const entry of entries) entry.section.hidden = !matches(entry);
    for (const part of parts) part.hidden = entries.every(({ section }) => section.hidden || section.parentElement !== part);
    const shown = entries.filter(({ section }) => !section.hidden).length;
    count.textContent = `${shown} of ${entries.length} figures`;
    all.disabled = shown === entries.length;
  }

  function showTarget() {
    const target = document.getElementById(location.hash.slice(1)); // ids are plain letters, as the address has them
    if (!target || !target.closest("[hidden]")) return;
    form.reset();
    apply();
    target.scrollIntoView();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  window.addEventListener("hashchange", showTarget);
  form.hidden = false;
  apply();
})();
