// The town box as a combobox (manual choice: nothing is chosen on leaving it).

for (const combo of document.querySelectorAll("[data-address]")) {
  const field = combo.querySelector("input.fd-input");
  const list = document.getElementById(field.dataset.list);
  const code = combo.querySelector("[data-code]");
  // With radios on the page the server's own search is at work.
  if (code) attach(combo, field, list, code);
}

function attach(combo, field, list, code) {
  const scope = combo.closest("[data-scope]").dataset.scope;
  combo.querySelector("button").remove();
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let current = -1;

  const show = (open) => {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) mark(-1);
  };
  const mark = (index) => {
    current = index;
    [...list.children].forEach((one, i) => one.setAttribute("aria-selected", String(i === index)));
    const option = list.children[index];
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };
  const choose = (option) => {
    field.value = option.dataset.label;
    code.value = option.dataset.code;
    list.replaceChildren();
    show(false);
    document.getElementById(`${combo.dataset.address}_lot`)?.focus();
  };
  const fill = (towns) => {
    list.replaceChildren(...towns.map((town, i) => option(town, `${list.id}-${i}`)));
    show(towns.length > 0);
  };
  show(false);

  let asked = 0;
  const echo = document.getElementById(`${combo.dataset.address}-echo`);
  // What was known of the old text is not true of the new one.
  const forget = () => (echo.textContent = "");
  document.getElementById(`${combo.dataset.address}_lot`)?.addEventListener("input", forget);
  field.addEventListener("input", () => {
    code.value = "";
    forget();
  });
  debounced(field, async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ q: field.value, scope });
    const answer = field.value.trim() && (await fetch(`/address/complete?${query}`).catch(() => null));
    if (mine === asked) fill(answer?.ok ? await answer.json() : []);
  });
  field.addEventListener("blur", () => show(false));
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const count = list.children.length;
    if (event.key === "ArrowDown" && count) {
      event.preventDefault();
      show(true);
      mark((current + 1) % count);
    } else if (event.key === "ArrowUp" && count && !list.hidden) {
      event.preventDefault();
      mark((current - 1 + count) % count);
    } else if (event.key === "Enter" && current >= 0) {
      event.preventDefault();
      choose(list.children[current]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });
  // mousedown, not click: the box must not lose the focus before the choice is taken.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const chosen = event.target.closest('[role="option"]');
    if (chosen) choose(chosen);
  });
}

function option(town, id) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.code = town.code;
  item.dataset.label = town.label;
  const label = document.createElement("strong");
  label.textContent = town.label;
  const kana = document.createElement("span");
  kana.textContent = town.kana;
  const note = document.createElement("span");
  note.textContent = town.note;
  item.append(label, kana, note);
  return item;
}
