// In Google's window: the credential goes to the page that opened it, if that page is still of the origin that
// was checked. The browser drops the message for a page of any other.
const credential = document.querySelector("[name=credential]")?.value;
if (credential) window.opener?.postMessage({ credential }, document.currentScript.dataset.origin);
window.close();
