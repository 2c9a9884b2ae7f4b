// The unit live: shows what its pins do, plays what it says, and sends what hands do. It decides nothing.
import { Ear } from "./sound.js";

const words = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);
const SAFE_US = 2e6, STALE_MS = 2500, SLIDES_MS = 1500, KEPT = 100;
const ear = new Ear();
let socket, panel = null, heardAt = 0, controls = false, wait = 500, pictureUrl = "", pictureAt = 0, soundChosen = false;
let slid = { mode: "", until: 0 };

function connect() {
  socket = new WebSocket(`ws://${location.host}/live`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { wait = 500; at("said").replaceChildren(); };
  socket.onmessage = ({ data }) => (typeof data === "string" ? hear(JSON.parse(data)) : take(data));
  socket.onclose = () => {
    gone();
    controls = false;
    enable(false);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 5000);
  };
}

const send = (wish) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(wish));

function hear(message) {
  switch (message.m) {
    case "Panel": panel = message; heardAt = performance.now(); show(); break;
    case "gone": gone(); break;
    case "who": who(message); break;
    case "Spoken": said(message); break;
    case "SealedNotice": sealed(message); break;
  }
}

function take(data) {
  const kind = new Uint8Array(data, 0, 1)[0];
  if (kind === 1) picture(data.slice(1));
  else if (kind === 2) document.body.dataset.heard = ear.play(data.slice(1));
}

function put(id, text) { if (at(id).textContent !== text) at(id).textContent = text; }

function light([red, green, blue]) {
  const lamp = at("lamp"), lit = red + green + blue > 0;
  lamp.classList.toggle("lit", lit);
  lamp.style.setProperty("--lamp", `${red} ${green} ${blue}`);
  lamp.dataset.rgb = `${red},${green},${blue}`;
}

function shake(on) {
  at("unit").classList.toggle("shakes", on);
  at("shaking").hidden = !on;
  if (on && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(60);  // a telephone is felt too
}

function show() {
  light(panel.light);
  shake(panel.vibration);
  const state = words.screen[panel.state] ?? panel.state;
  if (at("headline").textContent !== state) at("announcer").textContent = state;
  put("headline", state);
  document.body.dataset.state = panel.state;
  put("elapsed", panel.elapsed_us ? clock(panel.elapsed_us) : "");
  put("number", `${words.screen.number} ${String(panel.number).padStart(6, "0")} · ${words.screen[panel.mode]}`);
  at("discreet").hidden = !panel.discreet;
  put("item", panel.item);
  warnings(panel.warnings);
  slider();
  level();
  parts();
  if (!soundChosen && ear.wanted === panel.sound_card) { ear.want(!panel.sound_card); soundButton(); }
}

// The slider stands where the hand put it until the unit has had time to follow; then where the unit says.
function slider() {
  if (panel.mode === slid.mode || performance.now() > slid.until) slid = { mode: "", until: 0 };
  const mode = slid.mode || panel.mode;
  for (const input of document.querySelectorAll("#mode input")) input.checked = input.value === mode;
}

function clock(us) {
  const seconds = Math.floor(us / 1e6), two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function warnings(texts) {
  const list = at("warnings");
  if (list.dataset.shown === texts.join("\n")) return;
  list.dataset.shown = texts.join("\n");
  list.replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

function level() {
  const db = panel.level_db;
  at("level").value = Math.max(-60, db);
  put("db", db > -100 ? `${db} dB` : "—");
}

function parts() {
  const [state, ...rest] = panel.carrier.split(" ");
  const trouble = words.carrier[state];
  const hours = panel.hours_left_tenths ? `${(panel.hours_left_tenths / 10).toFixed(1)} ${words.screen.hours} · ` : "";
  part("camera", (panel.camera_kind === "replay" ? `${words.page.clip}: ` : "") + panel.camera, !panel.camera);
  part("microphone", (panel.microphone_kind === "replay" ? `${words.page.voice}: ` : "") + panel.microphone, !panel.microphone);
  part("carrier", hours + (trouble ?? rest.join(" ")), Boolean(trouble));
  part("battery", panel.battery_percent < 0 ? "" : `${panel.battery_percent} %`, panel.battery_percent >= 0 && panel.battery_percent <= 10);
  part("clock", words.screen[panel.clock] ?? panel.clock, panel.clock === "unset");
}

function part(id, text, bad) {
  put(id, text || "—");
  at(id).classList.toggle("bad", bad);
}

function durable() {
  const line = at("durable");
  if (!panel || !panel.elapsed_us) { put("durable", ""); return; }
  if (!panel.durable_us) { put("durable", `${words.screen.durable}: ${words.screen.nothing}`); line.className = "line unsafe"; return; }
  const age = Math.max(0, panel.at_us - panel.durable_us + (performance.now() - heardAt) * 1e3);
  put("durable", `${words.screen.durable}: ${(age / 1e6).toFixed(1)} ${words.screen.ago}`);
  line.className = age < SAFE_US ? "line safe" : "line unsafe";
}

// No light outlives the process that says it: without news of the unit all is dark.
function gone() {
  panel = null;
  light([0, 0, 0]);
  shake(false);
  put("headline", words.screen.gone);
  document.body.dataset.state = "gone";
  for (const id of ["elapsed", "number", "item"]) put(id, "");
  for (const id of ["camera", "microphone", "carrier", "battery", "clock"]) part(id, "", false);
  at("discreet").hidden = true;
  warnings([]);
  blank();
}

function picture(bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  const image = at("picture");
  image.src = url;
  if (pictureUrl) URL.revokeObjectURL(pictureUrl);
  pictureUrl = url;
  pictureAt = performance.now();
  image.hidden = false;
  at("blank").hidden = true;
}

function blank() {
  at("picture").hidden = true;
  at("blank").hidden = false;
}

function line(...parts) {
  const item = document.createElement("li"), list = at("said");
  item.append(...parts);
  list.append(item);
  while (list.children.length > KEPT) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
  return item;
}

// When something was said, by this machine's clock: what is told of the unit's own boot, counted back from the panel.
function moment(us) {
  const time = document.createElement("time"), ago = us && panel ? (panel.at_us - us) / 1e3 + performance.now() - heardAt : 0;
  time.textContent = new Date(Date.now() - Math.max(0, ago)).toLocaleTimeString("ru", { hour12: false });
  return time;
}

function said({ text, at_us }) { line(moment(at_us), Object.assign(document.createElement("span"), { textContent: text })); }

function sealed(notice) {
  const link = document.createElement("a");
  link.href = `/recordings/${encodeURIComponent(notice.name)}?lang=${document.documentElement.lang}`;
  link.textContent = `${words.screen.sealed}: ${notice.name}`;
  line(notice.old ? document.createElement("time") : moment(), link).className = "sealed";
}

function who(message) {
  controls = message.controls;
  at("watching").hidden = controls;
  enable(controls);
}

function enable(on) {
  for (const button of document.querySelectorAll("[data-button], [data-fault]")) button.disabled = !on;
  at("mode").disabled = !on;
  if (!on) release();
}

// Hands. A button is down as long as finger, mouse or key hold it; whatever takes them away lets it go.
const down = new Set();

function press(name, on) {
  if (on === down.has(name) || (on && !controls)) return;
  if (on) down.add(name); else down.delete(name);
  at(name).classList.toggle("down", on);
  send({ do: "press", button: name, down: on });
}

function release() { for (const name of [...down]) press(name, false); }

for (const button of document.querySelectorAll("[data-button]")) {
  const name = button.dataset.button;
  button.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    button.setPointerCapture(event.pointerId);
    press(name, true);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, () => press(name, false));
  button.addEventListener("keydown", (event) => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); press(name, true); } });
  button.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") press(name, false); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}

const keys = { KeyR: "record", KeyM: "mark" };
document.addEventListener("keydown", (event) => {
  if (keys[event.code] && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) press(keys[event.code], true);
});
document.addEventListener("keyup", (event) => { if (keys[event.code]) press(keys[event.code], false); });
window.addEventListener("blur", release);
document.addEventListener("visibilitychange", () => { if (document.hidden) release(); });

at("mode").addEventListener("change", (event) => {
  slid = { mode: event.target.value, until: performance.now() + SLIDES_MS };
  send({ do: "slide", mode: slid.mode });
});
at("take").addEventListener("click", () => send({ do: "take" }));
for (const button of document.querySelectorAll("[data-fault]")) {
  button.addEventListener("click", () => send({ do: "fault", fault: button.dataset.fault }));
}

function soundButton() {
  at("sound").setAttribute("aria-pressed", String(ear.on));
  at("sound").textContent = words.page[ear.on ? "sound-on" : ear.wanted ? "sound-wait" : "sound-off"];
}
at("sound").addEventListener("click", (event) => {
  event.stopPropagation();
  soundChosen = true;
  ear.want(!ear.on);
  ear.wake().then(soundButton);
});
// A browser plays nothing before somebody has touched the page.
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => ear.wake().then(soundButton));

setInterval(() => {
  const now = performance.now();
  if (panel && now - heardAt > STALE_MS) gone();
  if (!panel?.camera || now - pictureAt > STALE_MS) blank();  // what nobody sees any more is not shown as if it were now
  durable();
}, 100);
soundButton();
connect();
