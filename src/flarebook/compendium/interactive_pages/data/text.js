"use strict";
// Tables as text, and refusals of what they do not state.

class Refusal extends Error {} // a sentence for the reader: what failed, the value received, the remedy

const minus = (number) => String(number).replace("-", "−"); // as books print it
const quoted = (text) => `“${String(text).trim().slice(0, 40)}”`;

function cells(line) {
  const separator = [";", "\t", ","].find((one) => line.includes(one));
  return (separator ? line.split(separator) : line.split(/\s+/)).map((cell) => cell.trim());
}

const isNumber = (cell) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);

// Lines of a text with their numbers, without empty ones and comments: [[line, number]].
function textLines(text) {
  const lines = text.split(/\r\n|\n|\r/).map((line, i) => [line.trim(), i + 1]);
  return lines.filter(([line]) => line && line[0] !== "#");
}

const byId = (id) => document.getElementById(id);
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

// Content of bytes that zlib deflated.
async function inflate(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// Hand the steps to the right and upwards of an arrow key that is pressed on a map to a function, ten with shift.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listenForArrows(map, move) {
  map.addEventListener("keydown", (event) => {
    if (!ARROWS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // or the page would scroll
    move(...ARROWS[event.key].map((step) => step * (event.shiftKey ? 10 : 1)));
  });
}

// Hand a file that is chosen, or dropped on the page, to a function.
function listenForFiles(take) {
  const taken = (files) => files.length && take(files[0]).catch((error) => attempt(() => {
    throw new Refusal(`${files[0].name} cannot be read (${error.message}): give another file.`); // such as a folder
  }));
  byId("file").addEventListener("change", () => taken(byId("file").files));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    taken(event.dataTransfer.files);
  });
}

// Do something; a refusal, or what no check foresaw, is shown as an alert in the place of the result.
function attempt(action) {
  let sentence = "";
  try {
    action();
  } catch (error) {
    const foreseen = error instanceof Refusal;
    sentence = foreseen ? error.message : `This input cannot be used (${error.message}): give another.`;
    if (!foreseen) console.error(error);
  }
  byId("refused").textContent = sentence;
  byId("refused").hidden = !sentence;
  byId("result").hidden = Boolean(sentence);
}
