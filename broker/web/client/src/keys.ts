// Keys: an element says its key itself, data-key="a". A link or a summary is followed, what has data-press is pressed,
// anything else gets the focus.
// j and k walk over what carries data-row; ? opens the list of keys, of which those stand there that the page has now:
// what data-within selects; a button that says itself what it does lends its words. All off while somebody types.

const TYPED = new Set(["INPUT", "TEXTAREA", "SELECT"]);

export function listenForKeys(page: Document): void {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isTyped(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      openHelp(page);
    } else if (event.key === "j" || event.key === "k") {
      if (walk(page, event.key === "j" ? 1 : -1)) event.preventDefault();
    } else if (/^[a-z0-9/]$/.test(event.key)) {
      const found = keyed(page, event.key);
      if (found) {
        event.preventDefault();
        reach(found);
      }
    }
  });
}

// In a row its own keys go first.
function keyed(page: Document, key: string): HTMLElement | null {
  const wanted = `[data-key="${key}"]`;
  const row = page.activeElement?.closest("tr, [data-scope]");
  return row?.querySelector<HTMLElement>(wanted) ?? page.querySelector<HTMLElement>(wanted);
}

function isTyped(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (TYPED.has(target.tagName) || target.isContentEditable);
}

function reach(element: HTMLElement): void {
  if (element.dataset.press === undefined) element.focus();
  if (element.tagName === "A" || element.tagName === "SUMMARY" || element.dataset.press !== undefined) element.click();
  else element.scrollIntoView({ block: "center" });
}

function walk(page: Document, step: number): boolean {
  const rows = [...page.querySelectorAll<HTMLElement>("[data-row]")];
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row === page.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next]?.focus();
  return true;
}

function tell(page: Document, entry: HTMLElement): void {
  const found = page.querySelector<HTMLElement>(entry.dataset.within ?? "");
  entry.hidden = !found;
  const said = entry.querySelector("dd");
  if (!found || !said || found.dataset.key === undefined || found.closest("tr")) return;
  if (/^(A|BUTTON|SUMMARY)$/.test(found.tagName)) said.textContent = found.textContent;
}

function openHelp(page: Document): void {
  const help = page.querySelector<HTMLElement & { showModal?: () => void; open?: boolean }>("#key-help");
  if (!help || help.open) return;
  for (const entry of help.querySelectorAll<HTMLElement>("[data-within]")) tell(page, entry);
  if (help.showModal) help.showModal();
  else page.querySelector<HTMLAnchorElement>("#key-help-link")?.click();
}
