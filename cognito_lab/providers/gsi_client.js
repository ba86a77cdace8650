// Stand-in for Google Identity Services: the part that a page with Google's button uses. The real script puts
// the button into a frame of Google's; this one is a plain button of the page.
// Source: Google, "Sign in with Google JavaScript API reference".
(() => {
  const issuer = new URL(document.currentScript.src).origin;
  let settings = {};
  let popup = null;

  function open() {
    const { client_id, nonce } = settings;
    const question = new URLSearchParams({ client_id, origin: location.origin, ux_mode: "popup" });
    if (nonce) question.set("nonce", nonce);
    popup = window.open(`${issuer}/gsi/select?${question}`, "google", "popup,width=520,height=640");
  }

  // Any window may send a message: only Google's own counts, from the window that was opened here.
  addEventListener("message", ({ origin, source, data }) => {
    if (origin === issuer && source === popup) settings.callback({ credential: data.credential, select_by: "btn" });
  });

  const id = {
    initialize: (given) => void (settings = given),
    renderButton(parent, { click_listener } = {}) {
      const look = { type: "button", textContent: "Sign in with Google" };
      const button = Object.assign(document.createElement("button"), look);
      button.addEventListener("click", () => (open(), click_listener?.()));
      parent.replaceChildren(button);
    },
    prompt: (notify) => notify?.({ isSkippedMoment: () => true, isDismissedMoment: () => false }), // no One Tap
    cancel() {},
    disableAutoSelect() {},
  };
  window.google = { accounts: { id } };
})();
