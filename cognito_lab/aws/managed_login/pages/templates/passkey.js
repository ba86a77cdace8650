// Asks the browser for a passkey, and sends what it answers.
const asked = document.getElementById("passkey"), problem = document.getElementById("problem");
const form = asked.closest("form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const options = JSON.parse(asked.dataset.options);
    const credential = asked.dataset.way === "create"
      ? await navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})
      : await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    problem.textContent = `The browser gave no passkey (${error.name}). You can try again.`;
    problem.hidden = false;
  }
});
