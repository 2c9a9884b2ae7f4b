// What a fault teaches: shown of the one that was played last, and meanwhile of the one that is pointed at or focused.
const GAP = 8;
const beside = matchMedia("(min-width: 60rem)");  // as in unit.css: there is room for it beside the faults
const all = document.querySelector(".faults"), faults = [...all.querySelectorAll(".fault")];
const taught = document.getElementById("taught"), none = document.getElementById("no-lesson");
let played = null, looked = null;

function show() {
  const shown = looked ?? played;
  for (const fault of faults) {
    fault.classList.toggle("shown", fault === shown);
    fault.querySelector(".lesson").hidden = fault !== shown;
  }
  none.hidden = shown !== null;
  if (shown) place(shown.querySelector(".lesson"));
}

// Beside the faults it stands at the top of them, or of the window where that is farther down: always in sight.
function place(lesson) {
  const { top, height } = all.getBoundingClientRect();
  lesson.style.top = beside.matches ? `${Math.max(0, Math.min(GAP - top, height - lesson.offsetHeight))}px` : "";
}

function look(fault) { looked = fault; show(); }

// Below its button it moves all that follows: that must not happen under a hand that only passes by, and the button
// that was pressed stays where it is.
function play(fault, button) {
  const before = button.getBoundingClientRect().top;
  [played, looked] = [fault, null];
  show();
  scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" });
  taught.textContent = [...fault.querySelectorAll("h3, dt, dd")].map((each) => each.textContent).join("; ");
}

for (const fault of faults) {
  const button = fault.querySelector("button");
  button.addEventListener("click", () => play(fault, button));
  fault.addEventListener("pointerenter", () => beside.matches && look(fault));
  fault.addEventListener("pointerleave", () => look(null));
  fault.addEventListener("focusin", () => button.matches(":focus-visible") && look(fault));
  fault.addEventListener("focusout", () => look(null));
}
beside.addEventListener("change", show);
