// In a list the arrows (and j k) go from name to name; Enter is the link's own.

function rows(list) {
  return [...list.querySelectorAll("tbody a.fd-name-link, .fd-queue__item > a")];
}

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.ctrlKey || event.altKey || event.metaKey || inField(event.target)) return;
  const list = event.target instanceof Element && event.target.closest("table[data-keys], .fd-queue");
  if (!list) return;
  const links = rows(list);
  const here = links.indexOf(document.activeElement);
  const step = { ArrowDown: here + 1, j: here + 1, ArrowUp: here - 1, k: here - 1, Home: 0, End: links.length - 1 };
  const next = links[step[event.key]];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});
