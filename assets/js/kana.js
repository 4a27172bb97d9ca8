// The input method's reading becomes a proposal for フリガナ. It is often wrong (prediction, re-conversion,
// paste), so it never replaces what a hand typed and stays 「推定」 until the clerk confirms or edits it.

const readingOnly = /^[ぁ-ゖァ-ヶー]+/;

function katakana(text) {
  return text.replace(/[ぁ-ゖ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x60));
}

for (const field of document.querySelectorAll("[data-reads]")) {
  const source = document.getElementById(field.dataset.reads);
  const state = document.querySelector(`[data-kana-state="${CSS.escape(field.id)}"]`);
  const note = document.getElementById(`${field.id}-note`);
  const set = (code) => {
    state.value = code;
    field.dataset.state = code;
    note.textContent = code === "proposed" ? "推定" : "";
  };
  let reading = "";

  source?.addEventListener("compositionstart", () => (reading = ""));
  source?.addEventListener("compositionupdate", (event) => {
    const kana = readingOnly.exec(event.data);
    // The first conversion turns kana into kanji: the longest kana before that is the reading.
    if (kana && (kana[0] === event.data || /^[a-zａ-ｚ]*$/.test(event.data.slice(kana[0].length)))) reading = kana[0];
  });
  source?.addEventListener("compositionend", (event) => {
    const byHand = field.value !== "" && field.dataset.state !== "proposed";
    if (byHand || !event.data || !reading) return;
    const whole = source.value === event.data;
    field.value = (whole ? "" : field.value) + katakana(reading);
    set("proposed");
  });
  source?.addEventListener("input", () => {
    if (source.value === "" && field.dataset.state === "proposed") {
      field.value = "";
      set("typed");
    }
  });
  field.addEventListener("input", () => set("typed"));
  field.addEventListener("keydown", (event) => {
    if (!composing(event) && event.key === "Enter" && field.dataset.state === "proposed") set("confirmed");
  });
}
