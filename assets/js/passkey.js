// Passkeys: asks for a challenge, lets the browser answer it, and sends the answer as a form.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The server's options with bytes in place of base64url. */
function publicKey(options) {
  const named = (list) => list?.map((one) => ({ ...one, id: toBytes(one.id) }));
  return {
    ...options,
    challenge: toBytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: toBytes(options.user.id) } }),
    allowCredentials: named(options.allowCredentials),
    excludeCredentials: named(options.excludeCredentials),
  };
}

async function answerCeremony(form) {
  const token = form.querySelector("[name=csrf]")?.value;
  const headers = token ? { "x-csrf-token": token } : {};
  const asked = await fetch(`${form.getAttribute("action")}/challenge`, { method: "POST", headers });
  // Too long ago, or signed out: the page itself leads on.
  if (asked.status === 401) return location.reload();
  if (!asked.ok) throw new Error(`challenge: ${asked.status}`);
  const options = { publicKey: publicKey(await asked.json()) };
  const made = await navigator.credentials[form.dataset.passkey](options);
  const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = made.response;
  const answers = {
    credential: made.rawId,
    client_data: clientDataJSON,
    attestation: attestationObject,
    authenticator_data: authenticatorData,
    signature,
    user_handle: userHandle,
  };
  for (const field of form.querySelectorAll("[data-answer]")) field.value = toText(answers[field.name]);
  form.requestSubmit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  // Passkeys belong to one origin: elsewhere the button could do nothing.
  if (!window.PublicKeyCredential || location.origin !== form.dataset.origin) continue;
  form.hidden = false;
  const button = form.querySelector("[data-passkey-start]");
  const status = form.querySelector("[data-passkey-status]");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    status.textContent = "端末の確認を待っています";
    try {
      await answerCeremony(form);
    } catch (error) {
      const known = error.name === "InvalidStateError";
      status.textContent = known
        ? "この端末のパスキーはもう登録されています"
        : "パスキーは使われませんでした。もう一度押すと、やり直せます";
      button.removeAttribute("aria-disabled");
    }
  });
  // Enter in a field of the form means the button, not an empty answer.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target === button || composing(event)) return;
    event.preventDefault();
    button.click();
  });
}
