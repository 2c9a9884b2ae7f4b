// A recording's page: its verdict as it comes, and then the player with the line of time and the lists that jump.
"use strict";

const ask_again = { waiting: 1000, checking: 400, recording: 2000, sealing: 2000 };  // milliseconds
const signs = { authentic: "✓", "ends-early": "!", cannot: "?", "not-authentic": "✕" };
const step = 5;  // seconds by which an arrow key moves

function part_of(box, selector) { return box.querySelector(selector); }

async function verdict(box) {
  const was = box.dataset.state;
  let told;
  try {
    const answer = await fetch(box.dataset.source);
    if (!answer.ok) throw new Error(answer.status);
    told = await answer.json();
  } catch {
    part_of(box, ".broken").hidden = false;
    part_of(box, "progress")?.remove();
    return;
  }
  const at_work = (state) => state === "recording" || state === "sealing";
  if (at_work(was) !== at_work(told.state)) { location.reload(); return; }
  if (told.state in ask_again) setTimeout(verdict, ask_again[told.state], box);
  if (!at_work(told.state)) show_verdict(box, told);
}

function show_verdict(box, told) {
  box.dataset.state = told.state;
  part_of(box, ".word").textContent = told.word;
  part_of(box, ".sentence").textContent = told.sentence;
  const bar = part_of(box, "progress");
  if (told.state === "checking" && told.total) { bar.max = told.total; bar.value = told.done; }
  if (told.state !== "done" && told.state !== "failed") return;
  bar.remove();
  part_of(box, "[role=status]").removeAttribute("aria-busy");  // read out once, and not at every step
  part_of(box, ".sign").textContent = signs[told.outcome] ?? "?";
  if (told.state === "failed") return;
  box.dataset.outcome = told.outcome;
  part_of(box, ".training-note").hidden = !told.training;
  part_of(box, "details").hidden = !told.findings.length;
  part_of(box, ".count").textContent = `(${told.findings.length})`;
  const lines = told.findings.map((found) => {
    const line = document.createElement("li");
    const code = document.createElement("span");
    code.className = "mono faint";
    code.textContent = `${found.code} ${found.leads}: `;
    line.append(code, found.text);
    return line;
  });
  if (told.more) { const line = document.createElement("li"); line.append(told.more); lines.push(line); }
  part_of(box, ".findings").replaceChildren(...lines);
}

async function story(box) {
  try {
    const answer = await fetch(box.dataset.source);
    if (!answer.ok) throw new Error(answer.status);
    box.innerHTML = await answer.text();  // our own template, everything in it escaped
  } catch {
    part_of(box, ".reading").hidden = true;
    part_of(box, ".broken").hidden = false;
  }
  box.removeAttribute("aria-busy");
  const player = document.getElementById("player");
  if (player) new Story(box, player);
}

class Story {
  constructor(box, player) {
    this.player = player;
    this.parts = [...box.querySelectorAll("#parts button")].map((button) => ({
      button, file: button.dataset.file, begin: Number(button.dataset.begin), end: Number(button.dataset.end),
    }));
    this.line = document.getElementById("line");
    this.head = document.getElementById("head");
    this.end = Number(this.line.dataset.end);
    this.jumps = [...box.querySelectorAll("#entries button[data-at]:enabled")];
    this.chapters = [...box.querySelectorAll(".chapters button:enabled")].map((each) => Number(each.dataset.at));
    this.part = -1;
    this.goal = null;  // where to go to in a part that is being loaded, seconds of its own time
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-at]");
      if (button?.dataset.at) this.go(Number(button.dataset.at), true);
    });
    this.line.addEventListener("pointerdown", (event) => { this.line.setPointerCapture(event.pointerId); this.point(event); });
    this.line.addEventListener("pointermove", (event) => { if (event.buttons) this.point(event); });
    this.line.addEventListener("keydown", (event) => this.key(event));
    player.addEventListener("loadedmetadata", () => this.arrive());
    player.addEventListener("timeupdate", () => this.show());
    player.addEventListener("seeking", () => this.show());
    player.addEventListener("ended", () => this.next());
    player.addEventListener("error", () => { document.getElementById("unplayable").hidden = false; });
    this.load(0, 0);
  }

  get place() {
    return this.part < 0 ? 0 : this.parts[this.part].begin + (this.goal ?? this.player.currentTime);
  }

  // To a moment of the recording: into the part that holds it, else to the next that follows, else to the last one's end.
  go(moment, play) {
    let to = this.parts.findIndex((part) => moment < part.end);
    if (to < 0) to = this.parts.length - 1;
    const part = this.parts[to];
    const within = Math.min(Math.max(0, moment - part.begin), part.end - part.begin);
    if (to !== this.part) this.load(to, within);
    else if (this.goal !== null) this.goal = within;
    else this.player.currentTime = within;
    if (play) this.player.play().catch(() => {});
    this.show();
  }

  load(to, within) {
    this.part = to;
    this.goal = within;
    document.getElementById("unplayable").hidden = true;
    this.player.src = this.parts[to].file;
    this.parts.forEach((part, index) => {
      if (index === to) part.button.setAttribute("aria-current", "true"); else part.button.removeAttribute("aria-current");
    });
  }

  arrive() {
    if (this.goal) this.player.currentTime = this.goal;
    this.goal = null;
    this.show();
  }

  next() {
    if (this.part + 1 >= this.parts.length) return;
    this.load(this.part + 1, 0);
    this.player.play().catch(() => {});
  }

  point(event) {
    const box = this.line.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.go(share * this.end, false);
  }

  key(event) {
    const now = this.place;
    const near = 0.5;  // seconds: from a chapter's beginning, Page Up goes to the one before
    const to = {
      ArrowRight: () => now + step, ArrowUp: () => now + step,
      ArrowLeft: () => now - step, ArrowDown: () => now - step,
      Home: () => 0, End: () => this.end,
      PageDown: () => this.chapters.find((each) => each > now + 0.01) ?? this.end,
      PageUp: () => this.chapters.findLast((each) => each < now - near) ?? 0,
    }[event.key];
    if (to) { event.preventDefault(); this.back(event.key, Math.min(this.end, Math.max(0, to()))); return; }
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (this.player.paused) this.player.play().catch(() => {}); else this.player.pause();
    }
  }

  // Backwards out of a part: over a gap, into the end of the one before; `go` alone would lead to where it came from.
  back(key, moment) {
    const backwards = key === "ArrowLeft" || key === "ArrowDown" || key === "PageUp";
    const before = this.parts[this.part - 1];
    const gap = before && moment >= before.end && moment < this.parts[this.part].begin;
    this.go(backwards && gap ? before.end - 0.01 : moment, false);
  }

  show() {
    const now = this.place;
    this.head.setAttribute("x", `${Math.min(100, (now * 100) / this.end)}%`);
    this.line.setAttribute("aria-valuenow", now.toFixed(1));
    let current = null;
    for (const each of this.jumps) if (Number(each.dataset.at) <= now + 0.05) current = each;
    if (current === this.current) return;
    this.current?.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "true");
    this.current = current;
    this.line.setAttribute("aria-valuetext", current ? current.innerText.replace(/\s+/g, " ") : now.toFixed(0));
    if (current) this.follow(current);
  }

  // Keeps the current entry in sight within its own box, and never moves the page.
  follow(entry) {
    const box = entry.closest("ol");
    if (box.scrollHeight <= box.clientHeight || box.contains(document.activeElement)) return;
    box.scrollTop = entry.offsetTop - box.offsetTop - box.clientHeight / 2;
  }
}

verdict(document.getElementById("verdict"));
const told = document.getElementById("story");
if (told) story(told);
