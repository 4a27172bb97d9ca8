// Ctrl+K: where to go, by any of a page's names (転入, てんにゅう, tennyu). It opens pages and acts on nothing.

const palette = document.getElementById("palette");

if (palette) {
  const box = palette.querySelector("input");
  const options = () => [...palette.querySelectorAll('[role="option"]')].filter((one) => !one.hidden);
  const people = document.createElement("li");
  people.setAttribute("role", "option");
  people.id = "palette-people";
  palette.querySelector("ul").append(people);

  const choose = (option) => {
    for (const one of palette.querySelectorAll('[role="option"]')) {
      one.setAttribute("aria-selected", String(one === option));
    }
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  };

  const narrow = () => {
    const words = box.value.trim().toLowerCase();
    for (const one of palette.querySelectorAll("[data-match]")) {
      one.hidden = !one.dataset.match.toLowerCase().includes(words);
    }
    people.hidden = words === "";
    people.textContent = `「${box.value.trim()}」を住民からさがす`;
    people.dataset.href = `/residents?q=${encodeURIComponent(box.value.trim())}`;
    choose(options()[0]);
  };

  const go = (option) => option && location.assign(option.dataset.href);

  document.querySelector("[data-palette]")?.addEventListener("click", (event) => {
    event.preventDefault();
    if (palette.open) return;
    box.value = "";
    narrow();
    palette.showModal();
  });
  box.addEventListener("input", narrow);
  box.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const shown = options();
    const here = shown.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(shown[(here + step + shown.length) % shown.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(shown[here]);
    }
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
    go(event.target.closest?.('[role="option"]'));
  });
}
