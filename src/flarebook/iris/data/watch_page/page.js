"use strict";
// The page loads itself again, where it was scrolled to, unless the reader holds it, which the tab remembers.

const hold = byId("hold");
hold.checked = sessionStorage.getItem("hold") === "yes";
hold.addEventListener("change", () => sessionStorage.setItem("hold", hold.checked ? "yes" : "no"));
hold.parentElement.hidden = false;
setInterval(() => hold.checked || location.reload(), 1000 * JSON.parse(byId("data").textContent).every);
document.documentElement.dataset.ready = "";
