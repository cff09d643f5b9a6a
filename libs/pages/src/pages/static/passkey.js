// Makes or shows a passkey, and sends the form with it. The form is hidden without this script, and where the browser
// has no passkeys; a code can always be typed. What the page says for that case is hidden when the form is shown.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return;
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=/g, "");
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  for (const said of document.querySelectorAll("[data-without-passkey]")) said.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const answer = form.elements.passkey;
    const told = form.querySelector("[role=alert]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (answer.value) return;
      event.preventDefault();
      told.textContent = "";
      try {
        const asked = JSON.parse(form.dataset.options);
        asked.challenge = toBytes(asked.challenge);
        if (asked.user) asked.user.id = toBytes(asked.user.id);
        for (const one of asked.allowCredentials || asked.excludeCredentials || []) one.id = toBytes(one.id);
        const found = await navigator.credentials[form.dataset.passkey]({ publicKey: asked });
        const response = {};
        for (const part of parts) if (found.response[part]) response[part] = toText(found.response[part]);
        answer.value = JSON.stringify({ id: found.id, rawId: found.id, type: found.type, response });
        form.requestSubmit(event.submitter);
      } catch {
        told.textContent = form.dataset.failed;
      }
    });
  }
});
