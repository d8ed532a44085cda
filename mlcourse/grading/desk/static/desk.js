// The page works without this script. With it, each change is saved at once, and keys do what buttons do.

const PAUSE = 600; // milliseconds without typing before an entry is saved
const KEYS = "desk-keys"; // remembers whether keys work

const form = document.getElementById("entry");
const points = document.getElementById("points");
const comment = document.getElementById("comment");
const line = document.getElementById("status");

let saved = form && typed(); // what is in the table
let saving = Promise.resolve(true); // the last request: whether it was saved
let timer = 0;

/** The points as text; "Dealt with" is a box that stands for 0 points. */
function pointsNow() {
  return points.type === "checkbox" && !points.checked ? "" : points.value;
}

function setPoints(text) {
  if (points.type === "checkbox") points.checked = text !== "";
  else points.value = text;
}

function typed() {
  return JSON.stringify([pointsNow(), comment.value]);
}

function save() {
  clearTimeout(timer);
  saving = saving.then(() => (typed() === saved ? true : send()));
  return saving;
}

async function send() {
  const sent = typed();
  const body = new URLSearchParams(new FormData(form));
  body.set("script", "yes");
  line.textContent = "Saving …";
  try {
    const reply = await fetch(form.action, { method: "POST", body });
    if (reply.status === 403) throw new Error("the desk was started again: open its new address");
    const entry = await reply.json();
    if (entry.conflict) {
      saved = typed(); // the desk keeps it; the new page shows both
      location.reload();
      return false;
    }
    line.textContent = entry.problem || "Saved.";
    line.classList.toggle("wrong", Boolean(entry.problem));
    points.setAttribute("aria-invalid", String(reply.status === 422));
    if (entry.problem) return false;
    saved = sent;
    form.elements.seen_points.value = entry.points;
    form.elements.seen_comment.value = entry.comment;
    showProgress(entry);
    return true;
  } catch (error) {
    line.textContent = `Not saved: ${error.message}. Is the desk still running?`;
    line.classList.add("wrong");
    return false;
  }
}

function showProgress(entry) {
  document.getElementById("progress").textContent = `${entry.marked} of ${entry.total} marked`;
  document.getElementById("bar").value = entry.marked;
  document.getElementById("done").hidden = !entry.done;
  for (const option of document.querySelectorAll("option[data-total]")) {
    const marked = entry.questions[option.value];
    option.textContent = `${option.dataset.title} (${marked} of ${option.dataset.total}${option.dataset.words})`;
  }
  for (const each of document.querySelectorAll(".answered")) {
    each.textContent = entry.answered ? "Answered." : "Not answered yet.";
  }
}

async function go(address) {
  if ((await save()) && address) location.assign(address);
}

function give(number) {
  setPoints(String(number));
  showPoints();
  save();
}

function showPoints() {
  for (const button of form.querySelectorAll("[data-number]")) {
    button.setAttribute("aria-pressed", String(button.dataset.number === points.value));
  }
}

function half() {
  const now = Number(points.value.replace(",", ".")) || 0;
  give(Number.isInteger(now) ? now + 0.5 : Math.floor(now));
}

function onKey(event) {
  const { next, previous } = form.dataset;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    go(next);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) {
    if (event.key === "Escape" && form.contains(event.target)) event.target.blur();
    return;
  }
  if (!document.getElementById("keys").checked) return;
  const actions = {
    n: () => go(next),
    ArrowRight: () => go(next),
    p: () => go(previous),
    ArrowLeft: () => go(previous),
    c: () => comment.focus(),
    ".": half,
  };
  const action = /^[0-9]$/.test(event.key) ? () => give(Number(event.key)) : actions[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
}

function start() {
  for (const field of [points, comment]) {
    field.addEventListener("input", () => {
      showPoints();
      clearTimeout(timer);
      timer = setTimeout(save, PAUSE);
    });
    field.addEventListener("change", save);
  }
  for (const button of form.querySelectorAll("[data-number]")) {
    button.addEventListener("click", () => give(button.dataset.number));
  }
  form.querySelector("[data-half]")?.addEventListener("click", half);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(form.dataset.next);
  });
  document.getElementById("previous")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(form.dataset.previous);
  });
  showPoints();
  startConflict();
  startKeys();
  document.addEventListener("keydown", onKey);
  window.addEventListener("beforeunload", (event) => {
    if (typed() !== saved) event.preventDefault();
  });
  // A reader of the screen begins at the answer, not at the filters.
  if (new URLSearchParams(location.search).has("at")) document.getElementById("answer").focus();
}

function startConflict() {
  const mine = document.getElementById("mine");
  mine?.addEventListener("click", () => {
    setPoints(mine.dataset.points);
    comment.value = mine.dataset.comment;
    resolve();
  });
  document.getElementById("theirs")?.addEventListener("click", resolve);
}

async function resolve() {
  saved = ""; // save even what is the same: this ends the conflict
  if (await save()) location.reload();
}

function startKeys() {
  const box = document.getElementById("keys");
  box.checked = localStorage.getItem(KEYS) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEYS, box.checked ? "on" : "off"));
}

if (form) start();
