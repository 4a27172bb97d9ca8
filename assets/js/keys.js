// Keys of the desk. A control that has a key says so in aria-keyshortcuts, and that is also where
// this file finds it: what is shown, what is told and what is bound cannot drift apart.

const apple = /Mac|iPhone|iPad/.test(navigator.platform);

// While the input method has the keyboard, nothing here may fire. Safari ends the composition before
// the Enter that confirmed it, so isComposing alone fails; 229 catches that one.
function composing(event) {
  return event.isComposing || event.keyCode === 229 || event.key === "Process";
}

function inField(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

// Letters come from the key's place: Option and the input method change what it types.
function chord(event) {
  const alt = apple ? event.altKey && event.ctrlKey : event.altKey && !event.ctrlKey && !event.metaKey;
  const control = !alt && !event.altKey && (apple ? event.metaKey : event.ctrlKey);
  const letter = /^(?:Key|Digit)(.)$/.exec(event.code);
  const key = letter ? letter[1] : event.code === "Slash" ? "/" : event.key;
  if (alt) return `Alt+${key}`;
  if (control) return `Control+${key}`;
  return event.altKey || event.ctrlKey || event.metaKey ? "" : event.key;
}

function bound(keys) {
  const all = document.querySelectorAll("[aria-keyshortcuts]");
  return [...all].find((one) => one.getAttribute("aria-keyshortcuts").split(" ").includes(keys));
}

function use(control) {
  if (control.matches("input, textarea, select")) {
    control.focus();
    control.select?.();
  } else if (control.matches("summary")) {
    control.parentElement.open = true;
    control.focus();
    control.scrollIntoView({ block: "nearest" });
  } else {
    control.click();
  }
}

const columns = { "Alt+1": "queue", "Alt+2": "main", "Alt+3": "paper", "Alt+4": "context" };

function control(keys, target) {
  if (keys === "Control+Enter") {
    const form = target instanceof Element ? target.closest("form") : null;
    return form?.querySelector("[data-main]") ?? document.querySelector("main [data-main]");
  }
  if (keys === "F1" || (keys === "?" && !inField(target))) return document.querySelector("[data-help]");
  if (keys === "/") return inField(target) ? null : bound("/");
  if (keys.includes("+")) return bound(keys);
  return null;
}

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.defaultPrevented || event.repeat) return;
  const keys = chord(event);
  const column = columns[keys] && document.getElementById(columns[keys]);
  const found = column || control(keys, event.target);
  if (found) {
    event.preventDefault();
    if (column) column.focus();
    else use(found);
    return;
  }
  const shown = keys.replace("+", " ");
  const command = [...document.querySelectorAll("#palette [data-keys]")].find((one) => one.dataset.keys === shown);
  if (command && keys.startsWith("Alt+")) {
    event.preventDefault();
    location.assign(command.dataset.href);
  }
});
