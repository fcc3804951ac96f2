// A button with data-passkey="use" signs in with a passkey; "add" adds one. Faults are shown in #fault.

async function send(path, csrf, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

const acts = {
  async use(button) {
    const options = await send("/sign-in/passkey/options", button.dataset.csrf, {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    const next = button.dataset.next;
    return send("/sign-in/passkey", button.dataset.csrf, { credential: credential.toJSON(), next });
  },

  async add(button) {
    const options = await send("/passkeys/options", button.dataset.csrf, {});
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    const label = document.getElementById("label").value;
    return send("/passkeys", button.dataset.csrf, { credential: credential.toJSON(), label });
  },
};

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.addEventListener("click", async () => {
    try {
      const { to } = await acts[button.dataset.passkey](button);
      location.assign(to);
    } catch (error) {
      document.getElementById("fault").textContent = error.message;
    }
  });
}
