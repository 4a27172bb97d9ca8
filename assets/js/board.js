// The follower board: each message is a piece of the page, and takes the place of the piece with its id.

for (const board of document.querySelectorAll("[data-stream]")) {
  const stream = new EventSource(board.dataset.stream);
  stream.addEventListener("message", (event) => {
    const template = document.createElement("template");
    template.innerHTML = event.data;
    for (const piece of [...template.content.children]) {
      const old = piece.id && document.getElementById(piece.id);
      if (!old || !board.contains(old)) continue;
      if (piece.matches('[role="status"]')) {
        // A live region must stay the same element to be heard.
        if (old.textContent !== piece.textContent) old.textContent = piece.textContent;
        continue;
      }
      if (piece.dataset.state === "open" && old.dataset.state !== "open") piece.dataset.opening = "";
      old.replaceWith(piece);
    }
  });
  stream.addEventListener("done", () => stream.close());
  addEventListener("pagehide", () => stream.close());
}
