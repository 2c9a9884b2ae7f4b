// Plays what the unit says, one text at a time.
"use strict";

const player = new Audio();
let playing = null;

function quiet() {
  if (playing) playing.setAttribute("aria-pressed", "false");
  playing = null;
}

player.addEventListener("ended", quiet);
player.addEventListener("error", quiet);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-voice]");
  if (!button) return;
  const again = button === playing;
  player.pause();
  quiet();
  if (again) return;
  playing = button;
  button.setAttribute("aria-pressed", "true");
  player.src = button.dataset.voice;
  player.play().catch(() => { if (playing === button) quiet(); });
});
