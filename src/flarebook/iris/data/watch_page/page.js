"use strict";
// The page loads itself again, where it was scrolled to, unless the reader holds it, which the tab remembers.

const hold = byId("hold");
hold.checked = window.name === "held"; // a tab keeps its name, where storage may be forbidden
hold.addEventListener("change", () => { window.name = hold.checked ? "held" : ""; });
hold.parentElement.hidden = false;
setInterval(() => hold.checked || location.reload(), 1000 * JSON.parse(byId("data").textContent).every);
document.documentElement.dataset.ready = "";
