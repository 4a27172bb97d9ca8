// Beside a date box: what the text means. The box itself keeps what was typed.

function debounced(field, act) {
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(act, 150);
  };
  field.addEventListener("input", (event) => event.isComposing || later());
  field.addEventListener("compositionend", later);
}

function offer(field, echo, choices) {
  const old = echo.parentElement.querySelector("[data-offered]");
  old?.remove();
  if (!choices?.length) return;
  const group = document.createElement("span");
  group.className = "fd-doubt";
  group.dataset.offered = "";
  for (const words of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dads-button";
    button.dataset.type = "outline";
    button.textContent = words;
    button.addEventListener("click", () => {
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
    group.append(button);
  }
  echo.after(group);
}

for (const field of document.querySelectorAll('[data-echo="date"]')) {
  const echo = document.getElementById(`${field.id}-echo`);
  let asked = 0;
  debounced(field, async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ text: field.value });
    if ("birth" in field.dataset) query.set("birth", "1");
    const answer = field.value.trim() && (await fetch(`/echo/date?${query}`).catch(() => null));
    if (mine !== asked) return;
    const said = answer?.ok ? await answer.json() : { text: "", state: "", choices: [] };
    echo.textContent = said.text;
    echo.dataset.state = said.state;
    offer(field, echo, said.choices);
  });
}
