// Forms: sent once, drafts kept, Enter that moves on, errors that are read first.

function fields(form) {
  const all = [...form.querySelectorAll("input, select, textarea")];
  return all.filter((one) => one.type !== "hidden" && !one.disabled && one.offsetParent !== null);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const label = event.submitter?.querySelector(".dads-button__label");
  event.submitter?.setAttribute("aria-disabled", "true");
  // A quick answer needs no word; a slow one does.
  if (label) setTimeout(() => (label.textContent = "送っています"), 400);
});

// Back from the page after: the form is whole again, its button too.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form[data-sent]")) location.reload();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || composing(event) || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const field = event.target;
  const form = field instanceof HTMLInputElement && field.closest("form[data-enter-moves]");
  if (!form) return;
  event.preventDefault();
  const all = fields(form).filter((one) => one.type !== "radio" || one.checked || one.name !== field.name);
  const next = all.slice(all.indexOf(field) + 1).find((one) => one.name !== field.name);
  (next ?? form.querySelector("[data-main]"))?.focus();
  if (next?.type === "text") next.select();
});

async function saveDraft(form) {
  const body = new URLSearchParams(new FormData(form));
  if (form.dataset.sent || body.toString() === form.dataset.saved) return;
  form.dataset.saved = body.toString();
  const answer = await fetch(form.dataset.draft, { method: "POST", body }).catch(() => null);
  const status = form.querySelector("[data-draft-status]");
  if (status && answer?.ok) status.textContent = `下書きを保存しました ${await answer.text()}`;
  else form.dataset.saved = "";
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  form.dataset.saved = new URLSearchParams(new FormData(form)).toString();
  form.addEventListener("focusout", () => saveDraft(form));
  setInterval(() => saveDraft(form), 10_000);
}

for (const button of document.querySelectorAll("[data-reveal]")) {
  const secret = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = secret.type === "text";
    secret.type = shown ? "password" : "text";
    button.textContent = shown ? "表示する" : "かくす";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

// After a refusal the summary is read first; after an act, the heading of its result.
const first = document.querySelector("[data-focus]");
if (first) first.focus();
else if (performance.getEntriesByType("navigation")[0]?.redirectCount) {
  // Only an act redirects: a page that a link has opened keeps the focus where reading begins.
  document.querySelector("[data-result]")?.focus({ preventScroll: true });
}

for (const place of document.querySelectorAll("[data-print]")) {
  place.hidden = false;
  place.addEventListener("click", () => print());
}
