// A form is sent once: the second press of a button waits for the first. (A form that comes twice all the same is
// carried out once: each carries a token that the server honours once.)

const WAIT = 8000;

export function guardForms(page: Document): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, WAIT);
  });
  // Back from the page after: the browser shows the form as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of page.forms) delete form.dataset.sent;
  });
}
